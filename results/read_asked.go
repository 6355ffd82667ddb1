package results

// ReadAsked reads of a run folder how the run was planned and what it asks,
// without what was answered: it costs little, however large the run.
func ReadAsked(dir string) (*Run, []Conversation, error) {
	run, err := readRun(dir)
	if err != nil {
		return nil, nil, err
	}
	d := &Data{Run: run}
	if err := d.readFile(dir, fileConversations, MaxFile, kept(&d.Conversations)); err != nil {
		return nil, nil, err
	}
	return run, d.Conversations, nil
}
