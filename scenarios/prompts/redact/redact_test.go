package redact

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func plainRules(t testing.TB) *Redactor {
	t.Helper()
	r, err := New(Rules{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func redacted(r *Redactor, text string) string {
	r.Redact(&text)
	return text
}

// What is personal goes, and only that: what is around it stays, to the byte.
func TestWhatGoes(t *testing.T) {
	tests := []struct{ kind, text, want string }{
		{"mail", "Write to Alice.Smith+news@mail.example.co.uk, please.", "Write to [EMAIL_1], please."},
		{"mail in Chinese text", "请发到zhang.wei@example.com谢谢", "请发到[EMAIL_1]谢谢"},
		{"mail with a full-width at", "邮箱：ｂｏｂ＠example.com。", "邮箱：[EMAIL_1]。"},
		{"mail in a URL", "https://x.test/u?m=bob%40example.com&n=1", "https://x.test/u?m=[EMAIL_1]&n=1"},
		{"mail in angle brackets", "Bob <bob@example.com>", "Bob <[EMAIL_1]>"},
		{"mail in JSON", `{"to":"bob@example.com"}`, `{"to":"[EMAIL_1]"}`},
		{"mail of an umlaut domain", "an jürgen@müller.de schreiben", "an [EMAIL_1] schreiben"},
		{"mail in quotes", "'o'brien@example.com'", "'[EMAIL_1]'"},

		{"international phone", "Ring +44 20 7946 0958 now", "Ring [PHONE_1] now"},
		{"international phone in one", "tel:+4915112345678.", "tel:[PHONE_1]."},
		{"international with brackets", "at +1 (415) 555-0100, or", "at [PHONE_1], or"},
		{"international of a small country", "+354 555 1234", "[PHONE_1]"},
		{"Chinese mobile", "手机13800138000，谢谢", "手机[PHONE_1]，谢谢"},
		{"Chinese mobile in groups", "138 0013 8000 or 138-0013-8000", "[PHONE_1] or [PHONE_1]"},
		{"Chinese mobile with its country", "+86 138-0013-8000 / 8613800138000", "[PHONE_1] / [PHONE_1]"},
		{"Chinese mobile in full-width digits", "１３８００１３８０００", "[PHONE_1]"},
		{"Chinese landline", "办公室010-62345678转1", "办公室[PHONE_1]转1"},
		{"Chinese landline with an extension", "转010-62345678-123", "转[PHONE_1]"},
		{"Chinese mobile dialled from abroad", "0086-13800138000, 0086 138 0013 8000 or 008613800138000", "[PHONE_1], [PHONE_1] or [PHONE_1]"},
		{"two groups dialled from abroad", "ring 0044-2079460958", "ring [PHONE_1]"},
		{"North American phone", "(555) 123-4567", "[PHONE_1]"},
		{"North American phone in brackets", "my number (555-123-4567)", "my number ([PHONE_1])"},
		{"North American with its country", "1-800-555-0199!", "[PHONE_1]!"},
		{"hard spaces and hyphens", "415\u2011555\u20110100 and +44\u00a020\u00a07946\u00a00958", "[PHONE_1] and [PHONE_2]"},
		{"trunk zero", "call 020 7946 0958 or 07700 900123", "call [PHONE_1] or [PHONE_2]"},
		{"labelled phone", "Phone number: 6234 5678", "Phone number: [PHONE_1]"},
		{"labelled phone in words", "You can call me on 62345678.", "You can call me on [PHONE_1]."},
		{"French pairs behind a label", "Tel. 06 12 34 56 78", "Tel. [PHONE_1]"},

		{"card", "card 4111 1111 1111 1111 exp 12/27", "card [CARD_1] exp 12/27"},
		{"card with a code behind", "4242-4242-4242-4242, 123", "[CARD_1], 123"},
		{"card in one", "pay with 5555555555554444", "pay with [CARD_1]"},
		{"American Express", "3782 822463 10005", "[CARD_1]"},
		{"UnionPay of 19 digits", "卡号6200000000000000000", "卡号[CARD_1]"},
		{"cards in CSV", "4111111111111111,4242424242424242", "[CARD_1],[CARD_2]"},

		{"OpenAI key", "use sk-proj-Ab12Cd34Ef56Gh78Ij90 here", "use [KEY_1] here"},
		{"Anthropic key", "ANTHROPIC_API_KEY=sk-ant-api03-AbCdEf123456-xyz", "ANTHROPIC_API_KEY=[KEY_1]"},
		{"GitHub token", "git clone https://ghp_0123456789abcdefghijABCDEFGHIJ012345@github.com/o/r", "git clone https://[KEY_1]@github.com/o/r"},
		{"AWS pair", "AKIAIOSFODNN7EXAMPLE wJalr: aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "[KEY_1] wJalr: aws_secret_access_key = [KEY_2]"},
		{"Google key", "?key=AIzaSyA-1234567890abcdefghijklmnopqrstuv&x", "?key=[KEY_1]&x"},
		{"Slack token", "xoxb-123456789012-abcdefABCDEF", "[KEY_1]"},
		{"JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U.", "[KEY_1]."},
		{"bearer header", `-H "Authorization: Bearer abcDEF123456ghiJKL"`, `-H "Authorization: Bearer [KEY_1]"`},
		{"key header", "x-api-key: 0123456789abcdef", "x-api-key: [KEY_1]"},
		{"cookie", "Cookie: session=a1b2c3d4e5", "Cookie: [KEY_1]"},
		{"password in an address", "postgres://app:s3cret!pw@db.internal:5432/x", "postgres://app:[KEY_1]@db.internal:5432/x"},
		{"password in words", "The password is hunter2.", "The password is [KEY_1]."},
		{"password in Chinese", "密码：abc12345", "密码：[KEY_1]"},
		{"secret in JSON", `{"client_secret": "Zx9-8y7w6v5u"}`, `{"client_secret": "[KEY_1]"}`},
		{"secret in YAML", "api_key: 9f8e7d6c5b4a\nport: 80", "api_key: [KEY_1]\nport: 80"},
		{"private key", "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nb", "a\n[KEY_1]\nb"},
		{"private key cut off", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz", "[KEY_1]"},

		{"social security number", "SSN 123-45-6789.", "SSN [ID_1]."},
		{"social security number behind a label", "social security number: 123456789", "social security number: [ID_1]"},
		{"tax number", "912-70-1234", "[ID_1]"},
		{"Chinese identity number", "身份证11010519491231002X，", "身份证[ID_1]，"},
		{"Chinese identity number of digits", "440524188001010014", "[ID_1]"},
		{"old Chinese identity number", "身份证号：110105491231002", "身份证号：[ID_1]"},

		{"IBAN", "to DE89 3704 0044 0532 0130 00 today", "to [IBAN_1] today"},
		{"IBAN in one", "GB82WEST12345698765432", "[IBAN_1]"},

		{"the same value", "a@x.io, B@x.io, A@X.IO", "[EMAIL_1], [EMAIL_2], [EMAIL_1]"},
		{"glued to another", "13800138000a@example.com13800138000", "[EMAIL_1][PHONE_1]"},
		{"behind a placeholder of its own", "[EMAIL_1] and new@example.com", "[EMAIL_1] and [EMAIL_2]"},
		{"what a label gave away, repeated", "hunter2x? Yes: password=hunter2x", "[KEY_1]? Yes: password=[KEY_1]"},
	}
	r := plainRules(t)
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			if d := cmp.Diff(tt.want, redacted(r, tt.text)); d != "" {
				t.Error(d)
			}
		})
	}
}

// What only looks personal stays.
func TestWhatStays(t *testing.T) {
	r := plainRules(t)
	for _, text := range []string{
		"order 112-7403265-1234567 of 2026-11-23, 14:05:06",
		"order number 15512345678", "订单号：13912345678", "Tracking no. 123-456-7890",
		"invoice 4111 1111 1111 1112", "id 1234567890123456", "sum 12,345,678.90 or 1 234 567",
		"timestamp 1700000000, 1700000000000 and 1700000000000000", "pi is 3.14159265358979323846", "x = 0.4111111111111111",
		"version 1.22.333.4444, v10.0.19045, 192.168.0.1", "2026-11-23T05:04:03.123456789+08:00", "UTC+0800",
		"uuid 550e8400-e29b-41d4-a716-446655440000", "commit 4f2d1c9b8a7e6d5c4b3a29180716253443526170",
		"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"ISBN 978-3-16-148410-0 and 978-7-111-12345-6", "bytes 00 01 02 03 04 05 06 07 08 09", "0xdeadbeef 0x1F600",
		"SSN-like 000-12-3456, 666-12-3456, 123-00-4567, 123-45-0000", "part 12-345-6789-0",
		"identity-like 110105194912310021 and 110105194913310026", "DE00 3704 0044 0532 0130 00", "the GB82 road",
		"git@github.com:golang/go.git", "^(.+@mysite.com)$", "icon@2x.png", "@app.route('/users')", "npm i @types/node@20.1.0", "user@localhost",
		"a @ b", "sk-learn-compatible-estimators", "task-oriented-dialogue-systems-2024", "risk-based-approach-for-banks",
		"the bearer of bad news arrived", "Cookie: I ate 3 of them", "Authorization: see section 3 of the manual",
		"password = getpass.getpass()", `api_key=os.environ["OPENAI_API_KEY"]`, "token: str = None", "secret = load_secret(path1)",
		`password: "${DB_PASSWORD_1}"`, "export TOKEN=$CI_TOKEN_2", "max_tokens=4096", "The password is required", "password: ********",
		"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----",
		"def f(a1, b2): return a1[10:20] + b2 - 1234567", "for i in range(10000000):", "+15% and +12 345", "a+b1234567890",
		"SELECT * FROM t WHERE id = 12345678 AND n IN (10000001, 10000002)", "16777216 65536 4294967296 18446744073709551615",
		"第13章，2026年11月23日，共12345678元", "phone 2026-11-23", "call 911", "eyJ is how base64 JSON begins", "[EMAIL_1] [PHONE_12] [CARD_3]",
		"row 12 345 6789 12 34 5678", "10.1000/182.1234567", "F16 C130 A380 B52", "\x00\xff\xfe", "",
	} {
		if got := redacted(r, text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestOptionalAndOwn(t *testing.T) {
	r, err := New(Rules{IP: true, Patterns: map[string]string{"customer": `C-[0-9]{4,}`, "site": `(?i)\bhall \w+`}})
	if err != nil {
		t.Fatal(err)
	}
	got := redacted(r, "C-12345 in Hall North: 10.20.30.40, [2001:db8::7], 127.0.0.1, v1.2.3.4, C-99999, C-12345; std::vector")
	want := "[CUSTOMER_1] in [SITE_1]: [IP_1], [[IP_2]], 127.0.0.1, v1.2.3.4, [CUSTOMER_2], [CUSTOMER_1]; std::vector"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, tt := range []struct{ name, expr, want string }{
		{"Customer", "x", "lower-case word"}, {"email", "x", "one of the known kinds"}, {"a", "(", "missing closing )"},
		{"a", "x*", "matches empty text"}, {"a", strings.Repeat("x", 2000), "more than 1024"}, {"a", "", "matches empty text"},
	} {
		_, err := New(Rules{Patterns: map[string]string{tt.name: tt.expr}})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.name) {
			t.Errorf("%s=%.20s: %v, want %q", tt.name, tt.expr, err, tt.want)
		}
	}
}

// One conversation's messages share their placeholders and are counted together.
func TestConversationSharesPlaceholders(t *testing.T) {
	r := plainRules(t)
	a, b, c := "I am hunter2x and bob@example.com.", "Yes, BOB@example.com: password=hunter2x", "[EMAIL_1] was someone else"
	counts := r.Redact(&a, &b, &c)
	if a != "I am [KEY_1] and [EMAIL_2]." || b != "Yes, [EMAIL_2]: password=[KEY_1]" || c != "[EMAIL_1] was someone else" {
		t.Errorf("%q, %q, %q", a, b, c)
	}
	if d := cmp.Diff([]Count{{Email, 2}, {Key, 2}}, counts.List()); d != "" || counts.Total() != 4 {
		t.Error(d)
	}
	other := "bob2@example.com"
	if r.Redact(&other); other != "[EMAIL_1]" {
		t.Errorf("another conversation continues the numbers: %q", other)
	}
}

// Public text of questions and answers holds little that is personal: what is
// replaced there is a false alarm, and almost nothing may be.
func TestPublicTextStays(t *testing.T) {
	dir := os.Getenv("SWITCHOVER_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	b, err := os.ReadFile(filepath.Join(dir, "mt-bench", "question.jsonl"))
	if err != nil {
		t.Skipf("public data not here (set SWITCHOVER_DATA to its folder): %v", err)
	}
	text := string(b)
	if counts := plainRules(t).Redact(&text); counts.Total() > 0 {
		t.Errorf("replaced in MT-Bench's questions: %v", counts)
	}
}

// FuzzRedact: redacting twice changes nothing more, a planted value survives
// nowhere that its neighbours do not make it part of something else, and what is
// counted is there.
func FuzzRedact(f *testing.F) {
	planted := []string{"alice.smith@example.com", "+44 20 7946 0958", "13800138000", "4111 1111 1111 1111",
		"sk-proj-Ab12Cd34Ef56Gh78Ij90", "123-45-6789", "11010519491231002X", "GB82WEST12345698765432",
		"AKIAIOSFODNN7EXAMPLE", "(555) 123-4567", "C-777777"}
	r, err := New(Rules{IP: true, Patterns: map[string]string{"customer": `C-[0-9]{4,}`}})
	if err != nil {
		f.Fatal(err)
	}
	for i, p := range planted {
		f.Add("before ", " after", i)
		f.Add("[EMAIL_1]"+p, p+"password="+p, i)
		f.Add("订单 １２ ", "，-----BEGIN PRIVATE KEY-----[KEY_3]", i)
	}
	f.Fuzz(func(t *testing.T, before, after string, which int) {
		value := planted[uint(which)%uint(len(planted))]
		text := before + "\n" + value + "\n" + after
		first := text
		counts := r.Redact(&first)
		if strings.Contains(first, "\n"+value+"\n") {
			t.Fatalf("%q survives in %q", value, first)
		}
		second := first
		if again := r.Redact(&second); second != first || again.Total() != 0 {
			t.Fatalf("%q, redacted again: %q", first, second)
		}
		had := len(r.placeholder.FindAllString(text, -1))
		if got := len(r.placeholder.FindAllString(first, -1)); got > had+counts.Total() {
			t.Fatalf("%d placeholders of %d and %d counted: %q", got, had, counts.Total(), first)
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	r, err := New(Rules{})
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("Could you explain the error 0x1f from line 1,204 of main.go? 请帮我看看这个问题，谢谢。 See https://x.test/a?b=1. ", 200) + "bob@example.com"
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s := text
		r.Redact(&s)
	}
}

// BenchmarkHostile is text made to be slow: the time must not grow with the
// square of the length.
func BenchmarkHostile(b *testing.B) {
	r, err := New(Rules{IP: true})
	if err != nil {
		b.Fatal(err)
	}
	for _, part := range []string{"password=", "sk-", "eyJa.", "12-", "cookie: a=", "a@", "://a:", "phone 12345678 ", "order 123-456-7890 "} {
		for _, size := range []int{1 << 14, 1 << 17} {
			b.Run(fmt.Sprintf("%s/%d", part, size), func(b *testing.B) {
				text := strings.Repeat(part, size/len(part))
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					s := text
					r.Redact(&s)
				}
			})
		}
	}
}
