package prompts

import "strings"

// The words that prompts are made of: plain English, each of them one token with
// the space before it, so that a text has the length it is made to have without
// being cut. Common words are one token to most tokenizers, which keeps what the
// targets count near to what was asked for.
var (
	openers   = words("The A This That Each Every Our Your Their My Another No")
	articles  = words("the a this that each every our your their my another its")
	describes = words(`new old small large long short early late quick slow clear simple strong weak
open quiet careful useful common rare major minor central local public private modern
daily annual final first second third recent current different similar important
average normal basic complete correct direct entire exact formal general global
heavy light hidden human independent internal external legal medical mobile
natural negative positive ordinary personal physical popular possible practical
regular related remote right round safe secret separate serious sharp single social
solid special stable standard steady strange successful sudden total typical unique
usual valid various visible warm wide wild young bright broken busy cheap clean
cold cool dark deep dry empty extra fair false fast fine flat free fresh full
great green hard high hot huge key last likely live low main
narrow nice poor proper pure rich ready rough silent smart smooth soft thick thin tiny`)
	things = words(`report server team plan letter city river market story question answer
system network window garden teacher student doctor engineer driver writer reader
machine engine model price cost budget contract order delivery package bridge road
station train ship plane field forest mountain island village school hospital library
museum office factory shop kitchen table chair door wall roof floor street park
bank company customer manager worker farmer artist singer player coach judge lawyer
officer leader member neighbor friend family child parent brother sister partner
project task meeting note message signal record file folder page chapter book paper
map picture photo film song game test result error fault limit rule law policy
reason cause effect change growth loss profit tax wage loan debt risk chance
method tool device sensor battery cable screen keyboard phone camera clock bell
light lamp fire water stone metal wood glass oil salt sugar bread fruit tree
flower seed grain leaf animal bird fish horse dog cat storm rain snow wind season
summer winter morning evening night week month year century moment number
line circle square shape color sound voice word sentence language idea theory
fact detail example sample version copy list schedule calendar ticket passport
visitor guest crowd group council court army navy union club press
journal channel program lesson course degree skill career salary history
science culture religion art music theatre sport prize medal`)
	actions = words(`describes explains follows shows checks reads writes carries moves
changes improves supports requires includes provides creates builds breaks replaces
holds keeps leaves finds loses sends receives opens closes starts stops turns
pushes pulls cuts joins splits measures counts compares reports records covers
protects controls manages guides teaches helps answers asks calls meets visits
watches hears sees knows needs wants likes expects allows prevents causes affects
reaches passes crosses enters supplies produces sells buys pays saves spends
uses tests proves accepts rejects reviews updates removes adds fills
raises reduces limits tracks handles reflects represents serves`)
	manners = words(`quickly slowly carefully often rarely usually clearly simply directly finally
again today now soon together alone everywhere early late twice once first
gradually immediately recently regularly properly exactly nearly fully easily`)
	places = words(`near behind under over across inside outside against without before after
during between beyond toward through around from with for by beside along`)
	joints = words("and but while because so when where although since unless")
)

// words cuts a list at white space and gives each word the space before it.
func words(list string) []string {
	out := strings.Fields(list)
	for i := range out {
		out[i] = " " + out[i]
	}
	return out
}
