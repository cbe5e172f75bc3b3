//! Owns the sentences for channels: which one was taken and why, why not each other one, what a message
//! waits for, what keeps it from leaving. Refuses to choose a sentence.

use super::sentences;

sentences! {
    email() { "email", "e-mail" }
    sms() { "sms", "sms" }
    letter() { "letter", "brief" }
    whatsapp() { "whatsapp", "WhatsApp" }
    voice() { "voice", "telefoon" }
    machine() { "machine", "koppeling" }
    portal() { "portal", "huurdersportaal" }

    prefers(channel, category, asked) {
        "the tenant prefers {channel} for '{category}'{asked}",
        "de huurder heeft voor '{category}' liever {channel}{asked}"
    }
    since_by(since, source) { " (since {since}, said by {source})", " (sinds {since}, gezegd door {source})" }
    said_by_source(source) { " (said by {source})", " (gezegd door {source})" }
    a_system() { "system", "een systeem" }
    a_list() { "list", "een lijst" }
    a_person() { "person", "een mens" }
    a_message() { "receipt", "een bericht" }
    is_primary(channel, row) { "{channel} is primary in {row}", "{channel} gaat voor in {row}" }
    first_way(channel, step, by_row) {
        "{channel} is the first way of {step}{by_row} that reaches the tenant",
        "{channel} is de eerste weg van {step}{by_row} die de huurder bereikt"
    }
    first_other_way(category, channel, step) {
        "the tenant has no preference for '{category}' that can be used here; {channel} is the first other way of {step} that reaches the tenant",
        "de huurder heeft voor '{category}' geen voorkeur die hier bruikbaar is; {channel} is de eerste andere weg van {step} die de huurder bereikt"
    }
    sends_over(step, channel) { "{step} sends over {channel}", "{step} verstuurt per {channel}" }
    and_did_not_fail() { " and did not fail for this notification", " en die voor deze melding niet mislukte" }
    and_was_not_tried() { " and was not tried for this notification", " en die voor deze melding niet geprobeerd werd" }
    row_has_it(row) { ", as {row} has it,", ", zoals {row} het wil," }
    letter_last(step) {
        "a letter goes when nothing else of {step} reaches the tenant",
        "een brief gaat wanneer niets anders van {step} de huurder bereikt"
    }
    for_a_legal_reason(step, channel, legal) {
        "{step} sends over {channel} for a legal reason: {legal}",
        "{step} verstuurt per {channel} om een wettelijke reden: {legal}"
    }
    a_legal_reason() { "a legal reason", "een wettelijke reden" }
    cheapest(channel, step, by_row) {
        "{channel} is the cheapest way of {step}{by_row} that reaches the tenant in time",
        "{channel} is de goedkoopste weg van {step}{by_row} die de huurder op tijd bereikt"
    }
    expected_to_cost(cents) { "; it is expected to cost {cents} cents", "; het kost naar verwachting {cents} cent" }
    not_this(channel, why) { "not {channel} ({why})", "niet {channel} ({why})" }

    of_segment(name) { "the tenant is of the segment '{name}'", "de huurder hoort bij het segment '{name}'" }
    segment_unsaid(name) {
        "nothing is said of the tenant's segment '{name}'",
        "over het segment '{name}' van de huurder is niets bepaald"
    }
    segment_unknown() { "the tenant's segment is not known", "het segment van de huurder is niet bekend" }
    not_come_yet(row, why) {
        "{row} has not come to this tenant yet: {why}",
        "{row} geldt nog niet voor deze huurder: {why}"
    }
    lives_in(complex) { "he lives in '{complex}'", "hij woont in '{complex}'" }
    complex_unknown() { "his complex is not known", "zijn complex is niet bekend" }
    not_among_them() { "he is not among them", "hij hoort er niet bij" }
    row_of_all_others() { "the matrix row of all other categories", "de matrixrij van alle andere soorten" }
    row_of(category) { "the matrix row of '{category}'", "de matrixrij van '{category}'" }
    for_the_segment(row, segment) { "{row} for the segment '{segment}'", "{row} voor het segment '{segment}'" }
    for_those(row, those) { "{row} for {those}", "{row} voor {those}" }
    since_day(row, from) { "{row} from {from} on", "{row} vanaf {from}" }
    share_of_tenants(share) { "{share}% of the tenants", "{share}% van de huurders" }
    the_complexes(names) { "the complexes {names}", "de complexen {names}" }
    and_more(names, more) { "{names} and {more} more", "{names} en nog {more}" }

    off_in(row) { "off in {row}", "uit in {row}" }
    no_template() { "the step has no template for it", "de stap heeft er geen sjabloon voor" }
    cannot_carry() { "the message cannot be made for it", "het bericht kan er niet voor gemaakt worden" }
    failed_before() { "it failed for this notification", "het mislukte voor deze melding" }
    tried_before() { "it was tried for this notification", "het is voor deze melding al geprobeerd" }
    no_provider() { "no provider", "geen aanbieder" }
    no_usable_address() {
        "the tenant has no address for it that can be used",
        "de huurder heeft er geen bruikbaar adres voor"
    }
    comes_later() { "it comes after the one that was taken", "het komt na het gekozen kanaal" }
    legal_goes_before() {
        "the tenant prefers it, and the step has a legal reason for another",
        "de huurder heeft dit liever, en de stap heeft een wettelijke reden voor een ander"
    }
    too_slow() {
        "it would arrive when the message is worthless",
        "het zou aankomen als het bericht geen zin meer heeft"
    }

    cap_allows_one(cap, within) { "the cap '{cap}' allows 1 message in {within}", "de limiet '{cap}' staat 1 bericht toe in {within}" }
    cap_allows(cap, most, within) {
        "the cap '{cap}' allows {most} messages in {within}",
        "de limiet '{cap}' staat {most} berichten toe in {within}"
    }
    in_a_bundle(bundle) {
        "it leaves with what else is due that day, as '{bundle}' says",
        "het gaat samen met wat er die dag nog meer uitgaat, zoals '{bundle}' zegt"
    }

    email_address() { "email address", "e-mailadres" }
    phone_number() { "phone number", "telefoonnummer" }
    postal_address() { "postal address", "postadres" }
    portal_account() { "portal account", "portaalaccount" }
    messenger_account() { "messenger account", "berichtenaccount" }
    push_token() { "push token", "app-sleutel" }
    address() { "address", "adres" }
    the_point(kind, value) { "the {kind} {value}", "{kind} {value}" }
    only_for(channel) { " for {channel}", " voor {channel}" }
    by_its_source() { "its source called it invalid", "de bron noemde het ongeldig" }
    by_a_bounce() {
        "a message to it came back or was refused for its address",
        "een bericht daarheen kwam terug of werd om het adres geweigerd"
    }
    by_use() { "it was seen in use", "er is gezien dat het gebruikt wordt" }
    is_not_used(point, only, since, because) {
        "{point} is not used{only} since {since}: {because}",
        "{point} wordt{only} niet gebruikt sinds {since}: {because}"
    }

    own_sends_paused() { "its sends are paused", "de verzending is stilgezet" }
    operator_paused_its() { "an operator has paused its sends", "een beheerder heeft de verzending van de corporatie stilgezet" }
    operator_paused() { "an operator has paused sends", "een beheerder heeft de verzending stilgezet" }
    of_flow(flow) { " of flow '{flow}'", " van proces '{flow}'" }
    over(channel) { " over {channel}", " per {channel}" }
    paused_since(whose, flow, channel, since) {
        "{whose}{flow}{channel} since {since}, until somebody resumes them",
        "{whose}{flow}{channel} sinds {since}, tot iemand haar hervat"
    }
    window_closed(until) {
        "the corporation's send window is closed until {until}",
        "het verzendvenster van de corporatie is dicht tot {until}"
    }
    limit_of_corporation(rate) {
        "the corporation's limit of {rate} messages a second",
        "de grens van de corporatie van {rate} berichten per seconde"
    }
    limit_of_providers() { "the rate limit of the channel's providers", "de grens van de aanbieders van het kanaal" }
    used_up(limit, until) { "{limit} is used up until {until}", "{limit} is bereikt tot {until}" }
    account_refused(provider, why, again) {
        "{provider} refuses our account ({why}), and {again}; an operator has to mend its credentials, rights or balance",
        "{provider} weigert ons account ({why}), en {again}; een beheerder moet sleutels, rechten of tegoed herstellen"
    }
    one_finds_out() {
        "one message at a time finds out whether it still does",
        "met één bericht tegelijk wordt gekeken of dat nog zo is"
    }
    tried_again_at(until) { "it is tried again at {until}", "het wordt opnieuw geprobeerd om {until}" }
    out_of_reach_until(provider, at) {
        "{provider} cannot be reached, and is tried again at {at}",
        "{provider} is niet bereikbaar, en wordt opnieuw geprobeerd om {at}"
    }
    out_of_reach(provider) {
        "{provider} could not be reached, and one message at a time finds out whether it can",
        "{provider} was niet bereikbaar, en met één bericht tegelijk wordt gekeken of het weer gaat"
    }

    wanted_on_no_day(by) {
        "it is wanted {by}, and that day is not known: nothing is too late for it",
        "het moet er {by} zijn, en die dag is niet bekend: niets is er te laat voor"
    }
    wanted_by(by, last) { "it is wanted {by} ({last})", "het moet er {by} zijn ({last})" }
    wanted_and_arrives(by, last, at) {
        "it is wanted {by} ({last}), and arrives on {at}",
        "het moet er {by} zijn ({last}), en komt aan op {at}"
    }
    wanted_and_takes(by, last) {
        "it is wanted {by} ({last}), and how long it takes is not known",
        "het moet er {by} zijn ({last}), en hoe lang het onderweg is weten we niet"
    }
    arrives_too_late_on(at, by) {
        "it would arrive on {at}, and is wanted {by}",
        "het zou aankomen op {at}, en het moet er {by} zijn"
    }
    arrives_too_late(by) {
        "it would arrive, and is wanted {by}",
        "het zou te laat aankomen, en het moet er {by} zijn"
    }
    sooner() { "sooner", "eerder" }
    by_the_day(day) { "by {day}", "uiterlijk op {day}" }
    within_span(span) { "within {span}", "binnen {span}" }
}
