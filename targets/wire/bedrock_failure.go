package wire

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"switchover/targets/chat"
)

// amazonClasses are the classes of AWS's errors by their names, which count for more
// than the status.
//
// Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
// and https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
var amazonClasses = map[string]chat.Class{
	"ThrottlingException":                 chat.RateLimited,
	"TooManyRequestsException":            chat.RateLimited,
	"ServiceQuotaExceededException":       chat.Quota,
	"ServiceUnavailableException":         chat.Overloaded,
	"ServiceUnavailable":                  chat.Overloaded,
	"ModelNotReadyException":              chat.Overloaded,
	"ModelTimeoutException":               chat.Server,
	"ModelErrorException":                 chat.Server,
	"ModelStreamErrorException":           chat.Server,
	"InternalServerException":             chat.Server,
	"InternalFailure":                     chat.Server,
	"ResourceNotFoundException":           chat.NotFound,
	"UnknownOperationException":           chat.NotFound,
	"AccessDeniedException":               chat.Auth,
	"NotAuthorized":                       chat.Auth,
	"OptInRequired":                       chat.Auth,
	"UnrecognizedClientException":         chat.Auth,
	"InvalidClientTokenId":                chat.Auth,
	"ExpiredTokenException":               chat.Auth,
	"ExpiredToken":                        chat.Auth,
	"RequestExpired":                      chat.Auth,
	"InvalidSignatureException":           chat.Auth,
	"SignatureDoesNotMatch":               chat.Auth,
	"IncompleteSignature":                 chat.Auth,
	"IncompleteSignatureException":        chat.Auth,
	"MissingAuthenticationToken":          chat.Auth,
	"MissingAuthenticationTokenException": chat.Auth,
}

// amazonRefinements are what messages say that the name does not: of one class those
// that match are of another.
var amazonRefinements = []struct {
	of, class chat.Class
	message   *regexp.Regexp
}{
	{chat.BadRequest, chat.TooLarge, regexp.MustCompile(`(?i)(input|prompt) is too long|too many (input )?tokens|exceeds? (the )?(maximum|max|context)[^.]*(token|length|limit)|maximum context length|context (window|length)`)},
	{chat.BadRequest, chat.NotFound, regexp.MustCompile(`(?i)model identifier is invalid|on-demand throughput isn.{1,3}t supported|end of its life`)},
	{chat.BadRequest, chat.Auth, regexp.MustCompile(`(?i)api key (is )?(invalid|expired|not valid)|invalid api key|^operation not allowed|account is not authorized|\bunsupported countr`)},
	{chat.RateLimited, chat.Quota, regexp.MustCompile(`(?i)tokens per day|per day`)},
	{chat.Auth, chat.Quota, regexp.MustCompile(`(?i)INVALID_PAYMENT_INSTRUMENT|payment instrument`)},
}

// Failure classifies a response that is not 2xx.
func (Bedrock) Failure(status int, header http.Header, body []byte) *chat.Failure {
	f := OpenAI{}.Failure(status, header, body)
	kind, message := amazonError(header, body)
	if kind == "" && message == "" {
		return f
	}
	f.Class = classOf(status)
	if class, ok := amazonClasses[kind]; ok {
		f.Class = class
	}
	for _, r := range amazonRefinements {
		if f.Class == r.of && r.message.MatchString(message) {
			f.Class = r.class
			break
		}
	}
	f.Message = statusLine(status) + ": " + openAIError{message: message, kind: kind}.String()
	if remedy := amazonRemedy(kind, message); remedy != "" {
		f.Message = strings.TrimRight(f.Message, ".") + ": " + remedy
	}
	return f
}

// amazonRemedy is what to do about a failure, where the server's words do not tell.
func amazonRemedy(kind, message string) string {
	switch {
	case strings.Contains(message, "Signature expired") || strings.Contains(message, "not yet current") || kind == "RequestExpired":
		return "set this machine's clock"
	case kind == "InvalidSignatureException" || kind == "SignatureDoesNotMatch":
		return "key is not the secret that belongs to key_id, or the region is another's"
	case kind == "ExpiredTokenException" || kind == "ExpiredToken":
		return "get a new session and set key, key_id and session"
	case kind == "UnrecognizedClientException" || kind == "InvalidClientTokenId":
		return "AWS does not know this key_id, or its session"
	case strings.Contains(message, "on-demand throughput"):
		return "put us., eu. or global. before the model's name"
	case strings.HasPrefix(message, "Operation not allowed"):
		return "AWS has not opened Bedrock's models to this account, which its support does"
	case strings.Contains(message, "API Key is valid"):
		return "the key may be of another region, or have expired"
	}
	return ""
}

// amazonError is the name of an error of AWS's and what it says. The name comes in a
// header, before a colon and an address, or in the body, after the name of a service.
func amazonError(header http.Header, body []byte) (kind, message string) {
	var said struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"`
		// What a model said that failed.
		Original string `json:"originalMessage"`
	}
	kind = header.Get("X-Amzn-Errortype")
	if json.Unmarshal(body, &said) != nil { // no error of AWS's, unless the header says so
		if kind == "" {
			return "", ""
		}
		said.Message = plainText(body)
	}
	message = said.Message
	for _, name := range []string{said.Type, said.Code} {
		if kind == "" {
			kind = name
		}
	}
	kind, _, _ = strings.Cut(kind, ":")
	kind = kind[strings.LastIndexByte(kind, '#')+1:]
	// A wrong signature is answered with all that should have been signed, the session's
	// token included.
	message, _, _ = strings.Cut(message, "The Canonical String")
	message = strings.TrimSpace(message)
	if said.Original != "" && !strings.Contains(message, said.Original) {
		message = strings.TrimSpace(message + " " + said.Original)
	}
	return clipped(kind), message
}

// amazonStreamError is the failure of a stream that says it itself.
func amazonStreamError(name string, payload []byte) *chat.Failure {
	kind, message := amazonError(nil, payload)
	if name != "" {
		kind = name
	}
	if kind == "" && message == "" {
		message = string(payload)
	}
	f := inside(openAIError{message: message, kind: clipped(kind)})
	if kind != "" { // streams begin the names with a small letter
		if class := amazonClasses[strings.ToUpper(kind[:1])+kind[1:]]; class.Quarantines() {
			f.Class = class
		}
	}
	return f
}
