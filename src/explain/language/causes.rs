//! Owns the sentences for causes: why a flow moved. They stand after "because". Refuses to choose one.

use super::sentences;

sentences! {
    accepted() { "it was accepted", "het is aangenomen" }
    send_after_has_come() { "its send_after has come", "het tijdstip waarop het mocht beginnen (send_after) is er" }
    bounced(why) { "the message bounced or was refused ({why})", "het bericht kwam terug of werd geweigerd ({why})" }
    unreachable() {
        "no channel is left by which the step reaches the tenant",
        "er is geen kanaal meer waarmee de stap de huurder bereikt"
    }
    all_off() {
        "the corporation's matrix has every channel of the step off",
        "in de matrix van de corporatie staat elk kanaal van de stap uit"
    }
    unanswered() {
        "there was no trusted sign of life in time",
        "er kwam niet op tijd een betrouwbaar teken van leven"
    }
    settled() {
        "no bounce came in time, so it is taken as arrived",
        "er kwam op tijd niets terug, dus het geldt als aangekomen"
    }
    handed_over() {
        "the provider has it, and the step listens to nothing more",
        "de aanbieder heeft het, en de stap wacht verder nergens op"
    }
    delivered() { "it was delivered", "het is bezorgd" }
    tenant_answered(answer) {
        "the tenant answered '{answer}' on the page behind the link",
        "de huurder antwoordde '{answer}' op de pagina achter de link"
    }
    answer_told_by(by, answer) {
        "{by} told the tenant's answer '{answer}'",
        "{by} gaf het antwoord '{answer}' van de huurder door"
    }
    answered() {
        "the tenant pressed the button behind the link, or replied",
        "de huurder drukte op de knop achter de link, of antwoordde"
    }
    waited() { "the wait of the step is over", "de wachttijd van de stap is voorbij" }
    person_answered(by, answer) { "{by} answered '{answer}'", "{by} antwoordde '{answer}'" }
    somebody() { "somebody", "iemand" }
    cancelled(note) { "it was cancelled{note}", "het is geannuleerd{note}" }
    expired() { "its expires_at has passed", "het tijdstip waarna het geen zin meer heeft (expires_at) is voorbij" }
    already_running(live) {
        "the same flow already runs for this subject, as {live}",
        "hetzelfde proces loopt al voor dit onderwerp, als {live}"
    }
    held_too_long() {
        "it was held longer than the flow allows",
        "het werd langer aangehouden dan het proces toelaat"
    }
    doubt_too_long() {
        "an attempt was in doubt longer than the flow allows",
        "een poging was langer onzeker dan het proces toelaat"
    }
    our_mistake(why) {
        "what we sent was wrong ({why}): people must look",
        "wat wij verstuurden was fout ({why}): mensen moeten ernaar kijken"
    }
    not_allow_listed() {
        "outside production only allow-listed recipients are reached",
        "buiten productie worden alleen ontvangers op de toegestane lijst bereikt"
    }
    cannot_send(why) {
        "the message cannot be sent over the channel, for a reason of ours ({why})",
        "het bericht kan niet over het kanaal, om een reden die bij ons ligt ({why})"
    }
    interrupted(times) {
        "the process ended {times} times in a row while the attempt was under way: it may be the reason, and it may have arrived",
        "het programma stopte {times} keer achter elkaar terwijl de poging liep: die kan de oorzaak zijn, en kan aangekomen zijn"
    }
    blocked(why) { "the message was refused by policy ({why})", "het bericht is geweigerd om het beleid van de ontvanger ({why})" }
    capped(cap) {
        "the tenant got as many messages lately as the cap '{cap}' allows",
        "de huurder kreeg de laatste tijd zoveel berichten als de limiet '{cap}' toestaat"
    }
    unexplained(attempt, why) {
        "a message came about attempt {attempt} that cannot be read automatically ({why}): it may or may not have arrived",
        "over poging {attempt} kwam een bericht dat niet automatisch te lezen is ({why}): of zij aankwam is niet bekend"
    }
    by_the_group(group) {
        "another of the group {group} has brought that about",
        "een ander van de groep {group} heeft dat teweeggebracht"
    }
    group_cancelled(group, note) { "the group {group} was cancelled{note}", "de groep {group} is geannuleerd{note}" }
    parts_ended() { "every part of the group has ended", "elk deel van de groep is afgerond" }
    task_overdue(task) {
        "nobody answered task {task} in the time that the flow gives",
        "niemand beantwoordde taak {task} in de tijd die het proces geeft"
    }
    day_over(at) { "the day to wait for is over: it was {at}", "de dag waarop gewacht werd is voorbij: het was {at}" }
    no_day(step, day) { "{step} waits for {day}, which is not known", "{step} wacht op {day}, en dat is niet bekend" }
    its_day() { "its day", "een dag" }
    fact_came(step, when, saw) {
        "{step} looked out for {when}, which came true with {saw}",
        "{step} lette op {when}, en dat werd waar met {saw}"
    }
    something_came(step, saw) {
        "what {step} looked out for came true with {saw}",
        "waar {step} op lette werd waar met {saw}"
    }
    people_first(segment) {
        "tenants of the segment '{segment}' are seen by people before anything is sent",
        "naar huurders van het segment '{segment}' kijken eerst mensen, voordat er iets uitgaat"
    }
    superseded(rule, by) {
        "the rule '{rule}' sends nothing while {by} is open",
        "de regel '{rule}' verstuurt niets zolang {by} openstaat"
    }
    superseded_lately(rule) {
        "the rule '{rule}' sends nothing so soon after another message",
        "de regel '{rule}' verstuurt niets zo kort na een ander bericht"
    }
    case_is_true(step, last) { "in {step} {last} is true", "in {step} is waar: {last}" }
    case_is_true_after(step, last, before) {
        "in {step} {last} is true, and before it not true: {before}",
        "in {step} is waar: {last}, en daarvoor niet waar: {before}"
    }
    no_case_is_true(step, cases) { "in {step} no case is true: {cases}", "in {step} is geen geval waar: {cases}" }
    cannot_judge(step, last) { "{step} cannot judge {last}", "{step} kan niet beoordelen: {last}" }
    cannot_judge_after(step, last, before) {
        "{step} cannot judge {last}, and before it not true: {before}",
        "{step} kan niet beoordelen: {last}, en daarvoor niet waar: {before}"
    }
    with_what(when, saw) { "{when} with {saw}", "{when} met {saw}" }
    case_numbered(number, saw) { "case {number} with {saw}", "geval {number} met {saw}" }
    stop_came_true(name, when, saw) {
        "stop rule '{name}': {when} came true with {saw}",
        "stopregel '{name}': {when} werd waar met {saw}"
    }
    stop_numbered(number, saw) { "stop rule {number} came true with {saw}", "stopregel {number} werd waar met {saw}" }
    brief_guard(name) {
        "the condition '{name}' of the flow was not met",
        "aan de voorwaarde '{name}' van het proces is niet voldaan"
    }
    brief_stop(name) { "the stop rule '{name}' of the flow came true", "de stopregel '{name}' van het proces werd waar" }
    brief_otherwise(step) { "in {step} no case is true", "in {step} is geen geval waar" }
    brief_fact(step, when) {
        "{step} looked out for {when}, and that came true",
        "{step} lette op {when}, en dat werd waar"
    }
    with_code(words, code) { "{words} ({code})", "{words} ({code})" }
    no_reason() { "no reason is known", "een reden is niet bekend" }
    did_not_hold() { "did not hold", "klopte niet" }
    held() { "held", "klopte" }
    cannot_be_judged() { "cannot be judged", "kan niet beoordeeld worden" }
    guard_was(rule, when, verb, saw) { "{rule}: {when} {verb} with {saw}", "{rule}: {when} {verb} met {saw}" }
    guard_numbered(number, verb, saw) { "guard {number} {verb} with {saw}", "voorwaarde {number} {verb} met {saw}" }
    no_address() { "the address does not exist or cannot receive", "het adres bestaat niet of kan niets ontvangen" }
    by_policy() {
        "refused by policy, for what we are or wrote; the address may be fine",
        "geweigerd om wie wij zijn of wat wij schreven; het adres kan goed zijn"
    }
    by_our_mistake() { "refused for a mistake of ours", "geweigerd om een fout van ons" }
    not_made() { "it could not be made for this channel", "het kon voor dit kanaal niet gemaakt worden" }
    may_pass() {
        "a reason that may pass, such as a full mailbox; the address may be fine",
        "een reden die voorbij kan gaan, zoals een volle postbus; het adres kan goed zijn"
    }
    closes_first(end) {
        "it is to end '{end}', and closes first what it opened at machines",
        "het gaat eindigen als '{end}', en sluit eerst wat het in andere systemen opende"
    }
    nothing_in_time() {
        "no channel of the step arrives as soon as the step wants",
        "met geen kanaal van de stap komt het zo snel aan als de stap wil"
    }
    fact_was_set(step, kind) { "{step} has told the fact{kind}", "{step} heeft het feit{kind} vastgelegd" }
    not_set_unknown(step, kind, fields) {
        "{step} tells no fact{kind}: what it would say of {fields} is not known, or is nothing that its type takes",
        "{step} legt geen feit{kind} vast: wat het zou zeggen over {fields} is niet bekend, of past niet bij het soort feit"
    }
    not_set_again(step, kind) {
        "{step} has told the fact{kind} already, and came back to it without any time passing: facts lead to each other in a circle",
        "{step} heeft het feit{kind} al vastgelegd, en kwam er weer zonder dat er tijd voorbijging: feiten leiden in een kring naar elkaar"
    }
    not_set_too_many(step, kind) {
        "{step} tells no fact{kind}: so many facts followed from each other that people must look",
        "{step} legt geen feit{kind} vast: er volgden zoveel feiten uit elkaar dat mensen ernaar moeten kijken"
    }
    not_set_other_world(step, kind) {
        "{step} tells no fact{kind}: the notification comes from another environment than the engine's",
        "{step} legt geen feit{kind} vast: de melding komt uit een andere omgeving dan die van dit systeem"
    }
}
