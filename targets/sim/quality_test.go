package sim

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"switchover/targets/chat"
)

// asked are two-turn conversations in both languages.
var asked = [][2]string{
	{"How do I write a Python decorator that measures how long a function takes?", "Can the same decorator also work on async functions?"},
	{"My parcel has not arrived and the tracking page has shown nothing for a week. What should I do?", "The seller says the carrier lost it. Who has to refund me?"},
	{"Summarise the risks of moving our database to another provider.", "Which of those risks would you test first, and how?"},
	{"Write a short apology to a customer whose invoice was wrong twice.", "Make it warmer, and mention the discount we offer."},
	{"Why does my SQL query with a left join return duplicate rows?", "I added distinct and it became slow. What now?"},
	{"Compare monthly and yearly billing for a small subscription business.", "Our churn is high in the first quarter. Does that change your advice?"},
	{"Explain what a mutex is to someone who only knows JavaScript.", "And when would you use a channel instead?"},
	{"Draft an agenda for a one-hour retrospective with a remote team.", "Two people always stay silent. Adapt the agenda."},
	{"Our support tickets doubled after the last release. How do we find the cause?", "The tickets mention login. Where do we look in the logs?"},
	{"What should a good README contain for an internal library?", "Turn that into a checklist for reviewers."},
	{"I need a polite reminder for an unpaid invoice, thirty days overdue.", "They answered that they never received the invoice. Reply to that."},
	{"Is it better to cache at the client or at the server for a product page?", "Prices change every hour. What does that mean for your choice?"},
	{"How can I tell whether an A/B test ran long enough?", "We only have four hundred visitors a day. What is realistic?"},
	{"如何用 Python 写一个装饰器来记录函数的运行时间？", "这个装饰器能不能同时支持异步函数？"},
	{"我的包裹一直没有到，物流信息一周没有更新，应该怎么办？", "卖家说包裹丢失了，谁来负责退款？"},
	{"请总结把数据库迁移到另一家云服务商的风险。", "这些风险里应该先验证哪一个，怎样验证？"},
	{"帮我写一封向客户道歉的邮件，账单连续错了两次。", "语气再温和一些，并提到我们提供的折扣。"},
	{"为什么左连接的查询结果会出现重复的记录？", "加了去重之后查询变得很慢，怎么优化？"},
	{"比较按月付费和按年付费对小型订阅业务的影响。", "我们第一季度的流失率很高，你的建议会改变吗？"},
	{"向只会 JavaScript 的人解释什么是互斥锁。", "什么时候应该改用消息通道？"},
	{"为远程团队准备一个一小时的复盘会议议程。", "有两位同事总是不发言，请调整议程。"},
	{"上次发布之后工单数量翻倍，如何找到原因？", "工单大多提到登录失败，日志应该看哪里？"},
	{"内部类库的说明文档应该包含哪些内容？", "把它改成给评审人用的检查清单。"},
	{"写一封礼貌的催款邮件，发票已经逾期三十天。", "对方回复说没有收到发票，请起草回信。"},
	{"商品页面的缓存应该放在客户端还是服务端？", "价格每小时都会变化，这对选择有什么影响？"},
	{"怎样判断一次对照实验的时间是否足够？", "我们每天只有四百个访客，现实的做法是什么？"},
	{"Plan three social media posts for the launch of a bicycle repair shop.", "The shop also rents cargo bikes. Rework the second post."},
	{"What are the first steps after a laptop with customer data was stolen?", "The disk was encrypted. Do we still have to report it?"},
	{"为自行车维修店的开业策划三条社交媒体内容。", "店里还出租货运自行车，请修改第二条内容。"},
	{"装有客户资料的笔记本电脑被盗，首先应该做什么？", "硬盘已经加密，还需要上报吗？"},
}

// converse has a persona answer a conversation's turns.
func converse(cfg Config, turns [2]string) []chat.Message {
	cfg = cfg.withDefaults()
	var messages []chat.Message
	for _, turn := range turns {
		messages = append(messages, chat.Message{Role: chat.User, Content: turn})
		pieces, _ := answer(cfg, messages, limits{most: 256})
		messages = append(messages, chat.Message{Role: chat.Assistant, Content: strings.Join(pieces, "")})
	}
	return messages
}

// prompted is the judging request for a dialogue.
func prompted(t *testing.T, dialogue []chat.Message) []chat.Message {
	t.Helper()
	data, err := json.Marshal(dialogue)
	if err != nil {
		t.Fatal(err)
	}
	return []chat.Message{{Role: chat.User, Content: fmt.Sprintf(
		"CRITERIA: coherence, understanding, usefulness\n\n<<<DIALOGUE 00ff\n%s\nDIALOGUE 00ff>>>\n", data)}}
}

var grader = Config{Name: "judge", Model: "judge", Judge: true, Seed: 1}

// verdict asks the judge for the mean of the three scores.
func verdict(t *testing.T, dialogue []chat.Message) float64 {
	t.Helper()
	var v struct {
		Scores map[string]int `json:"scores"`
	}
	if err := json.Unmarshal([]byte(judge(grader, prompted(t, dialogue), false)), &v); err != nil {
		t.Fatalf("the verdict is no JSON: %v", err)
	}
	sum := 0.0
	for _, c := range []string{"coherence", "understanding", "usefulness"} {
		n, ok := v.Scores[c]
		if !ok {
			t.Fatalf("no score for %s", c)
		}
		sum += float64(n)
	}
	return sum / 3
}

// scores are the judge's means for one persona, conversation by conversation.
func scores(t *testing.T, name string, quality float64) []float64 {
	t.Helper()
	var out []float64
	for _, turns := range asked {
		out = append(out, verdict(t, converse(Config{Name: name, Quality: quality, Seed: 7}, turns)))
	}
	return out
}

func moments(xs []float64) (mean, sd float64) {
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	for _, x := range xs {
		sd += (x - mean) * (x - mean) / float64(len(xs)-1)
	}
	return mean, math.Sqrt(sd)
}

// The demo stands on this: what the judge finds is what the persona was given.
func TestJudgeFindsTheQualityThatWasConfigured(t *testing.T) {
	for _, quality := range []float64{0, 1, 2, 2.5, 3, 3.4, 3.9, 4.2, 4.6, 5} {
		for _, name := range []string{"a", "b", "c"} {
			mean, sd := moments(scores(t, name, quality))
			t.Logf("quality %.1f persona %s: mean %.2f sd %.2f", quality, name, mean, sd)
			if math.Abs(mean-quality) > 0.3 {
				t.Errorf("quality %.1f of persona %s is judged %.2f on average", quality, name, mean)
			}
		}
	}
}

func TestEqualQualityIsJudgedEqual(t *testing.T) {
	for _, quality := range []float64{2.5, 3.4, 4.2} {
		base := scores(t, "incumbent", quality)
		for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			other := scores(t, name, quality)
			d := make([]float64, len(base))
			for i := range d {
				d[i] = other[i] - base[i]
			}
			mean, sd := moments(d)
			t.Logf("quality %.1f: %s - incumbent: mean %+.3f sd %.2f", quality, name, mean, sd)
			if math.Abs(mean) > 0.2 || sd > 0.8 {
				t.Errorf("two personas of quality %.1f differ by %+.2f (sd %.2f)", quality, mean, sd)
			}
		}
	}
}
