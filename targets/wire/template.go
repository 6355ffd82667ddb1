package wire

// Template says how protocol http asks a service of its own kind, and reads what
// it answers.
type Template struct{}
