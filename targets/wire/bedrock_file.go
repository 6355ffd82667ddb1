package wire

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"

	"switchover/targets/chat"
)

// The formats of files by their media types.
var (
	imageFormats = map[string]string{"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
	audioFormats = map[string]string{"audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3",
		"audio/mp4": "mp4", "audio/m4a": "m4a", "audio/x-m4a": "m4a", "audio/aac": "aac", "audio/flac": "flac", "audio/ogg": "ogg",
		"audio/opus": "opus", "audio/webm": "webm", "audio/pcm": "pcm", "audio/x-matroska": "mka"}
	documentFormats = map[string]string{"application/pdf": "pdf", "text/plain": "txt", "text/markdown": "md", "text/html": "html", "text/csv": "csv",
		"application/msword": "doc", "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
		"application/vnd.ms-excel": "xls", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx"}
)

// file is a part that is bytes.
func (e *bedrockEncoding) file(p *chat.Part, f chat.Field, formats map[string]string) *bedrockFile {
	kind, _, _ := strings.Cut(p.MediaType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	out := &bedrockFile{Format: formats[kind]}
	out.Source.Bytes = p.Data
	switch {
	case p.Data == "" && p.URL != "":
		if f == chat.FieldAudio { // what else has an address the table refuses by that
			e.lose(f, chat.Rejected, "Converse takes bytes, not an address")
		}
	case out.Format == "":
		e.lose(f, chat.Rejected, "Converse takes no "+strconv.Quote(clipped(kind)))
	}
	return out
}

// document is a document; one that is text is a file of that text.
func (e *bedrockEncoding) document(p *chat.Part) *bedrockFile {
	whole := *p
	if p.Data == "" && p.URL == "" {
		whole.Data = base64.StdEncoding.EncodeToString([]byte(p.Text))
		if whole.MediaType == "" {
			whole.MediaType = "text/plain"
		}
	}
	out := e.file(&whole, chat.FieldDocument, documentFormats)
	out.Name = e.documentName(p.Name)
	if p.Citations {
		out.Citations = &bedrockEnabled{true}
	}
	return out
}

var (
	nameless = regexp.MustCompile(`[^A-Za-z0-9\s()\[\]-]+`)
	spaces   = regexp.MustCompile(`\s+`)
	ending   = regexp.MustCompile(`\.[A-Za-z0-9]{1,5}$`)
)

// maxDocumentName is how many characters the name of a document may have.
const maxDocumentName = 200

// documentName is a document's name as Converse takes it: ASCII letters, digits,
// single spaces, hyphens, parentheses and brackets, and no two alike in a request.
func (e *bedrockEncoding) documentName(name string) string {
	told := ending.ReplaceAllString(name, "") // the format says it
	told = strings.TrimSpace(spaces.ReplaceAllString(nameless.ReplaceAllString(told, "-"), " "))
	if len(told) > maxDocumentName-10 {
		told = strings.TrimSpace(told[:maxDocumentName-10])
	}
	if strings.Trim(told, "-") == "" {
		told = "document"
	}
	if e.names == nil {
		e.names = map[string]int{}
	}
	unique := told
	for e.names[unique] > 0 {
		e.names[told]++
		unique = told + "-" + strconv.Itoa(e.names[told])
	}
	e.names[unique] = 1
	if name != "" && unique != name {
		e.lose(chat.FieldDocument, chat.Approximate, "under a name in the characters that Converse takes")
	}
	return unique
}
