package prompts

import (
	"math/rand/v2"
	"strings"
	"sync"
)

// The words of Chinese prompts. Unlike the English ones they are not counted one by
// one: without spaces the tokenizer joins what stands next to each other.
var (
	zhSubjects = strings.Fields(`我们 你们 他们 团队 老师 学生 医生 工程师 经理 客户 公司 学校 医院 朋友 邻居
作者 读者 司机 农民 记者 律师 厨师 店主 孩子 父母 志愿者 设计师 研究人员 售货员 图书馆`)
	zhManners = strings.Fields(`已经 常常 总是 正在 很少 马上 终于 重新 偶尔 通常 一起 也 都 还 认真地 慢慢地`)
	zhActions = strings.Fields(`检查 修改 讨论 准备 整理 比较 记录 解释 改进 测试 更新 支持 完成 研究 设计 选择
介绍 保护 管理 使用 购买 寻找 等待 接受 拒绝 回答 观察 收集 翻译 展示`)
	zhDescribes = strings.Fields(`新的 旧的 重要的 简单的 复杂的 便宜的 安静的 明亮的 完整的 公开的 本地的 普通的
特别的 最后的 第一个 每一个 这份 那份 这个 那个`)
	zhThings = strings.Fields(`报告 计划 合同 问题 答案 方案 数据 模型 价格 预算 订单 包裹 桥梁 道路 车站 房间
窗户 花园 书籍 文章 图片 故事 音乐 比赛 会议 课程 实验 结果 错误 规则 消息 地图 机器 工具 电池 屏幕`)
)

// prose is Chinese text without an end: clauses, each behind the mark that parts it
// from the one before. The tokenizer cuts before such a mark and joins it with the
// clause, so that a text has the tokens of its pieces, which are counted as they
// are drawn.
type prose struct {
	random *rand.Rand
	begins bool // the next clause begins a text or a line
}

// mostClause is above the tokens of any clause, shortPiece those of any short one.
const (
	mostClause = 24
	shortPiece = 8
)

// write appends n tokens, the last a full stop where there is room for one.
func (p *prose) write(to []byte, n int) []byte {
	for n > mostClause+shortPiece {
		clause, tokens := p.clause()
		to, n = append(to, clause...), n-tokens
	}
	for n > shortPiece {
		to, n = append(to, p.short(4)...), n-4
	}
	switch {
	case n <= 0:
		return to
	case n == 1 && !p.begins:
		return append(to, "。"...)
	case n < 3:
		return append(to, p.short(n)...)
	}
	return append(append(to, p.short(n-1)...), "。"...)
}

// clause draws a clause with its mark, and counts it.
func (p *prose) clause() (string, int) {
	text := p.lead() + p.one(zhSubjects)
	if p.random.IntN(3) > 0 {
		text += p.one(zhManners)
	}
	text += p.one(zhActions)
	if p.random.IntN(3) > 0 {
		text += p.one(zhDescribes)
	}
	text += p.one(zhThings)
	n, _ := countTokens(text) // fails on no text; what is made is counted again
	return text, n
}

// lead is the mark before a clause.
func (p *prose) lead() string {
	if p.begins {
		p.begins = false
		return ""
	}
	if p.random.IntN(3) == 0 {
		return "。"
	}
	return "，"
}

// short draws a short piece of exactly so many tokens.
func (p *prose) short(tokens int) string {
	lead := "，"
	if p.begins {
		lead = ""
	}
	p.begins = false
	return p.one(shortPieces()[lead][tokens])
}

func (p *prose) one(list []string) string { return list[p.random.IntN(len(list))] }

// shortPieces are words and short clauses by their tokens, behind a comma and at the
// beginning.
var shortPieces = sync.OnceValue(func() map[string][shortPiece + 1][]string {
	out := map[string][shortPiece + 1][]string{}
	for _, lead := range []string{"", "，"} {
		var by [shortPiece + 1][]string
		keep := func(text string) {
			if n, err := countTokens(lead + text); err == nil && n <= shortPiece {
				by[n] = append(by[n], lead+text)
			}
		}
		for i, thing := range zhThings {
			keep(thing)
			for j, action := range zhActions {
				subject := zhSubjects[(i+j)%len(zhSubjects)]
				keep(action + thing)
				keep(subject + action + thing)
				keep(subject + zhManners[(i+j)%len(zhManners)] + action + zhDescribes[i%len(zhDescribes)] + thing)
			}
		}
		out[lead] = by
	}
	return out
})
