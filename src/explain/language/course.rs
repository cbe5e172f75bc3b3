//! Owns the sentences for the course of one notification: who is told, what left, where it stands, what is
//! next, and the small words that the others are made of. Refuses to choose a sentence.

use super::sentences;

sentences! {
    both(one, two) { "{one} and {two}", "{one} en {two}" }
    never() { "never", "nooit" }
    nothing() { "nothing", "niets" }
    told_at(values, at) { "{values}, told {at}", "{values}, gemeld {at}" }
    step_named(id) { "step '{id}'", "stap '{id}'" }
    step_numbered(number) { "step {number}", "stap {number}" }
    guard_named(name) { "guard '{name}'", "voorwaarde '{name}'" }
    on_with(step) { "on with {step}", "verder met {step}" }
    to_the_end(end) { "to its end '{end}'", "naar het einde '{end}'" }
    to_people(list) { "to people, list '{list}'", "naar mensen, lijst '{list}'" }
    day() { "1 day", "1 dag" }
    days(count) { "{count} days", "{count} dagen" }
    hour() { "1 hour", "1 uur" }
    hours(count) { "{count} hours", "{count} uur" }
    minute() { "1 minute", "1 minuut" }
    minutes(count) { "{count} minutes", "{count} minuten" }
    second() { "1 second", "1 seconde" }
    seconds(count) { "{count} seconds", "{count} seconden" }
    milliseconds(count) { "{count} ms", "{count} ms" }

    not_known(names) { "{names} is not known", "{names} is niet bekend" }
    too_old(facts, at, limit) {
        "{facts} was told {at}, and may be at most {limit} old",
        "{facts} werd gemeld {at}, en mag hoogstens {limit} oud zijn"
    }
    not_comparable(saw) { "what it compares cannot be compared: {saw}", "wat het vergelijkt is niet te vergelijken: {saw}" }

    expires_until_then(what) { "it expires; until then: {what}", "het verloopt; tot die tijd: {what}" }
    outcome_of(attempt, provider) { "the outcome of attempt {attempt} from {provider}", "de uitkomst van poging {attempt} bij {provider}" }
    receipt_whether(attempt, list) {
        "a receipt that tells whether attempt {attempt} was taken; without one it goes to people, list '{list}'",
        "een terugmelding of poging {attempt} is aangenomen; zonder gaat het naar mensen, lijst '{list}'"
    }
    a_receipt() { "a receipt", "een terugmelding" }
    facts_wanted(wanted, list) {
        "facts: {wanted}; without them it goes to people, list '{list}'",
        "feiten: {wanted}; zonder gaat het naar mensen, lijst '{list}'"
    }
    begins_later(step) { "{step} begins at send_after", "{step} begint bij send_after" }
    wait_ends(step) { "the wait of {step} ends", "het einde van de wachttijd van {step}" }
    same_attempt(channel, provider) {
        "the same attempt again over {channel} through {provider}, because its outcome is unknown",
        "dezelfde poging nog eens per {channel} via {provider}, omdat de uitkomst onbekend is"
    }
    an_attempt(channel) {
        "an attempt over {channel}, as soon as it is its turn; the guards are asked again then",
        "een poging per {channel}, zodra het aan de beurt is; de voorwaarden worden dan opnieuw gevraagd"
    }
    guard_unjudged(number) { "guard {number} cannot be judged", "voorwaarde {number} kan niet beoordeeld worden" }
    rule_unjudged(rule, when) { "{rule} ({when}) cannot be judged", "{rule} ({when}) kan niet beoordeeld worden" }
    rule_wants(rule, wanted) { "{rule}: {wanted}", "{rule}: {wanted}" }
    an_answer(known, list, team, because, without) {
        "an answer{known} from people, list '{list}'{team}, asked because {because}{without}",
        "een antwoord{known} van mensen, lijst '{list}'{team}, gevraagd want {because}{without}"
    }
    for_team(team) { ", team '{team}'", ", team '{team}'" }
    without_answer(due, go) { "; without one by {due} it goes {go}", "; zonder antwoord op {due} gaat het {go}" }
    click_or(go) {
        "a click, reply or payment; without one it goes {go}",
        "een klik, antwoord of betaling; zonder gaat het {go}"
    }
    tenants_reply(asks, without) {
        "the tenant's answer to '{asks}'{without}",
        "het antwoord van de huurder op '{asks}'{without}"
    }
    machines_reply(without) { "an answer of the machine{without}", "een antwoord van het andere systeem{without}" }
    without_reply(go) { "; without one it goes {go}", "; zonder antwoord gaat het {go}" }
    receipt_or(go) {
        "a receipt; if no bounce comes it goes {go}",
        "een terugmelding; komt er niets terug, dan gaat het {go}"
    }
    wait_then(step, then) {
        "the wait of {step} ends, and it goes {then}",
        "het einde van de wachttijd van {step}; dan gaat het {then}"
    }
    wait_until_then(step, until, then) {
        "the wait of {step} ends ({until}), and it goes {then}",
        "het einde van de wachttijd van {step} ({until}); dan gaat het {then}"
    }
    or_as_soon_as(ends, when, go) { "{ends}; as soon as {when} it goes {go}", "{ends}; zodra {when} gaat het {go}" }

    is_told(tenant, what, flow) { "Tenant {tenant} is told about {what}{flow}", "Huurder {tenant} hoort over {what}{flow}" }
    of_category(category) { "category '{category}'", "soort '{category}'" }
    by_flow(name, version) { " by flow '{name}' version {version}", " door proces '{name}' versie {version}" }
    is_round(round, earlier) {
        ", which is round {round} for it and follows {earlier}",
        ", en dat is ronde {round}, na {earlier}"
    }
    long_gone() { "what left long ago is not kept any more", "wat lang geleden uitging wordt niet meer bewaard" }
    nothing_has_left() { "nothing has left", "er is niets uitgegaan" }
    attempt_failed(number, channel, why) {
        "attempt {number} over {channel} failed ({why})",
        "poging {number} per {channel} mislukte ({why})"
    }
    because(cause) { ", because {cause}", ", want {cause}" }
    it_ended(end, at, because) { "it ended '{end}' at {at}{because}", "het is afgerond als '{end}' op {at}{because}" }
    end_not_kept() { "how it ended is no longer kept", "hoe het afliep wordt niet meer bewaard" }
    is_going() { "is going", "gaat" }
    did_not_leave() { "was to go, and did not leave,", "zou gaan, en vertrok niet," }
    was_not_made() { "was to go, and cannot be made,", "zou gaan, en kan niet gemaakt worden," }
    went() { "went", "ging" }
    attempt_went(number, verb, channel, address, provider, at) {
        "attempt {number} {verb} over {channel} to {address} through {provider} at {at}",
        "poging {number} {verb} per {channel} naar {address} via {provider} op {at}"
    }
    for_the_step(went, step, because, why, held) {
        "{went} for {step}{because}: {why}{held}",
        "{went} voor {step}{because}: {why}{held}"
    }
    one_guard_held(guard, saw) { ", and {guard} held with {saw}", ", en {guard} klopte met {saw}" }
    this_guard_held(guard, when, saw) { "{guard}: {when} held with {saw}", "{guard}: {when} klopte met {saw}" }
    every_guard_held(seen) { ", and every guard held ({seen})", ", en elke voorwaarde klopte ({seen})" }
    expires_first(at) { "; but it expires before that, at {at}", "; maar het verloopt eerder, op {at}" }
    expires_at_last(at) { "; it expires at {at}", "; het verloopt op {at}" }
    runs_by_older(own, newest, stays) {
        "it keeps version {own}, with which it began, though version {newest} is in use now: {stays}",
        "het houdt versie {own}, waarmee het begon, al is versie {newest} nu in gebruik: {stays}"
    }
    can_move(to) { "a migration can move it to version {to}", "een migratie kan het naar versie {to} brengen" }
    can_move_later(to) {
        "a migration can move it to version {to} when the outcome of its attempt is known",
        "een migratie kan het naar versie {to} brengen als de uitkomst van de poging bekend is"
    }
    stays_no_step() {
        "it cannot move, because the new version has no step of this name",
        "het kan niet mee, want de nieuwe versie heeft geen stap met deze naam"
    }
    stays_other_kind() {
        "it cannot move, because the step of this name is of another kind in the new version",
        "het kan niet mee, want de stap met deze naam is in de nieuwe versie van een andere soort"
    }
    stays_no_closing() {
        "it cannot move, because the new version does not close what this one has opened at a machine",
        "het kan niet mee, want de nieuwe versie sluit niet wat deze in een ander systeem opende"
    }
    stays_in_doubt() {
        "it cannot move, because an attempt is in doubt, and may only go again as it was",
        "het kan niet mee, want een poging is onzeker, en mag alleen opnieuw zoals zij was"
    }
    stays_lacking(names) {
        "it cannot move, because the new version wants data that the old one did not ask for: {names}",
        "het kan niet mee, want de nieuwe versie wil gegevens waar de oude niet om vroeg: {names}"
    }
    the_balance() { "the tenant's balance (facts.balance_cents)", "het saldo van de huurder (facts.balance_cents)" }
    the_open_amount() {
        "the amount that is open (subject.open_amount_cents)",
        "het openstaande bedrag (subject.open_amount_cents)"
    }
    now_it_is(state, place, waits, until) {
        "now it is {state}{place} and waits for {waits}{until}",
        "nu is het {state}{place} en wacht het op {waits}{until}"
    }
    at_place(step) { " at {step}", " bij {step}" }
    until_at_the_latest(until) { ", until {until} at the latest", ", uiterlijk tot {until}" }
    not_before(until, because) { ", not before {until}, because {because}", ", niet voor {until}, want {because}" }
    and_also(one, two) { "{one}, and {two}", "{one}, en {two}" }
    cannot_leave_now(why, delays) { "{why}; it cannot leave now: {delays}.", "{why}; het kan nu niet weg: {delays}." }
    also_not_used(why, points) { "{why}; {points}.", "{why}; {points}." }

    euros(minus, whole, part) { "{minus}€{whole}.{part}", "{minus}€ {whole},{part}" }
    role_tenant() { "tenant", "huurder" }
    role_joint_tenant() { "joint tenant", "medehuurder" }
    role_resident() { "resident", "bewoner" }
    role_child() { "child", "kind" }
    role_parent() { "parent", "ouder" }
    role_neighbour() { "neighbour", "buur" }
    role_contact() { "contact", "contactpersoon" }
    role_administrator() { "bewindvoerder", "bewindvoerder" }
    role_guardian() { "curator", "curator" }
    role_mentor() { "mentor", "mentor" }
    role_agent() { "gemachtigde", "gemachtigde" }
    receipt_accepted() { "accepted", "aangenomen" }
    receipt_delivered() { "delivered", "bezorgd" }
    receipt_bounced() { "bounced", "teruggekomen" }
    receipt_delayed() { "delayed", "vertraagd" }
    receipt_failed() { "failed", "mislukt" }
    receipt_opened() { "opened", "geopend" }
    receipt_complained() { "complained", "klacht" }
    receipt_replied() { "replied", "antwoord" }
    receipt_blocked() { "blocked", "geweigerd" }
    receipt_unexplained() { "unknown", "onleesbaar" }
    fact_payment() { "payment", "betaling" }
    fact_open_amount() { "open_amount", "openstaand bedrag" }
    fact_balance() { "balance", "saldo" }
    fact_exception() { "exception", "uitzondering" }
    fact_appointment() { "appointment", "afspraak" }

    is_scheduled() { "scheduled", "ingepland" }
    is_ready() { "ready", "klaar om te gaan" }
    is_sending() { "sending", "onderweg naar de aanbieder" }
    is_in_doubt() { "in doubt", "onzeker" }
    is_sent() { "sent", "verstuurd" }
    is_held() { "held", "aangehouden" }
    is_erased() { "erased", "gewist" }
    is_on_its_way() { "on_its_way", "komt er nog aan" }
    is_with_people() { "with people", "bij mensen" }
    is_ended() { "ended", "afgerond" }
}
