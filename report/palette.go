package report

// Palette is the colour of a weighted figure's cell by Value.Step: orange is the
// bad anchor, blue the good one. The two stay apart in every common form of
// colour blindness, and dark text is readable on all of them.
var Palette = [11]string{
	"#ec9a5c", "#eeac7a", "#f1be97", "#f3d0b4", "#f5e2d2",
	"#f4f3f0",
	"#dbe8f1", "#c0d9ea", "#a3c9e3", "#85b8db", "#66a7d3",
}

// PaletteDark is Palette for light text on a dark page.
var PaletteDark = [11]string{
	"#7d4310", "#6d3f17", "#5d3b1d", "#4e3622", "#403127",
	"#2f3134",
	"#283745", "#234058", "#1e496b", "#19537e", "#145d92",
}
