//! Owns the sentences of the history: what came in, and what was decided from it. Refuses to choose one.

use super::sentences;

sentences! {
    row_accepted() { "accepted", "aangenomen" }
    accepted_for(flow, category, subject) {
        "accepted for flow {flow}, category '{category}'{subject}",
        "aangenomen voor proces {flow}, soort '{category}'{subject}"
    }
    named_version(name, version) { "'{name}' version {version}", "'{name}' versie {version}" }
    about(subject) { " about {subject}", " over {subject}" }
    waits_until(until) { "waits until {until}", "wacht tot {until}" }
    began(step, because) { "{step} began, because {because}", "{step} begon, want {because}" }
    wants_to_go(channel, again, not_before) {
        "wants to go over {channel}{again}, not before {not_before}",
        "wil per {channel} gaan{again}, niet voor {not_before}"
    }
    again_through(provider) { ", again through {provider}", ", opnieuw via {provider}" }
    held_until(until, why) { "held until {until} at the latest: {why}", "aangehouden tot uiterlijk {until}: {why}" }
    people_are_asked(list, because) {
        "people are asked, list '{list}', because {because}",
        "mensen wordt iets gevraagd, lijst '{list}', want {because}"
    }
    is_for_team(team) { "it is for team '{team}'", "het is voor team '{team}'" }
    reminded_at(at) { "somebody is reminded at {at}", "om {at} wordt iemand herinnerd" }
    goes_on_at(at) {
        "without an answer by {at} the flow goes on",
        "zonder antwoord op {at} gaat het proces verder"
    }
    still_waits(task) {
        "task {task} still waits for an answer: somebody is reminded",
        "taak {task} wacht nog op een antwoord: iemand wordt herinnerd"
    }
    answer_is_known(step, known) {
        "what was answered at {step} is known to the rules of the flow: {known}",
        "wat bij {step} geantwoord werd kennen de regels van het proces nu: {known}"
    }
    goes_on_under(to, from, step, by) {
        "goes on under version {to} of its flow instead of version {from}, at {step}{by}",
        "gaat verder met versie {to} van het proces in plaats van versie {from}, bij {step}{by}"
    }
    as_asked_by(by) { ", as {by} asked", ", zoals {by} vroeg" }
    link_closed(end) { "the link was closed: {end}", "de link is gesloten: {end}" }
    link_pressed() {
        "the tenant answered: pressed the button, or replied",
        "de huurder reageerde: drukte op de knop, of antwoordde"
    }
    link_fetched() {
        "the link's page was fetched: weak evidence",
        "de pagina van de link is opgehaald: dat zegt weinig"
    }
    ended_because(end, because) { "ended '{end}', because {because}", "afgerond als '{end}', want {because}" }

    attempt_was(attempt, what, why) { "attempt {attempt} {what} ({why})", "poging {attempt} {what} ({why})" }
    was_withdrawn() { "was withdrawn: nothing left us", "is ingetrokken: er is niets vertrokken" }
    provider_took(attempt) { "the provider took attempt {attempt}", "de aanbieder nam poging {attempt} aan" }
    was_delivered(attempt, by) { "attempt {attempt} was delivered{by}", "poging {attempt} is bezorgd{by}" }
    somebody_read(by) { ", as {by} read", ", zoals {by} las" }
    was_put_off() {
        "was put off by the provider and is tried again",
        "is door de aanbieder uitgesteld en wordt opnieuw geprobeerd"
    }
    failed_for(why) { "failed: {why}", "mislukte: {why}" }
    failed_at_last(why) { "failed after all retries: {why}", "mislukte na alle herhalingen: {why}" }
    left_in_doubt(provider) {
        "left through {provider}, and it is not known whether it was taken",
        "vertrok via {provider}, en het is niet bekend of zij is aangenomen"
    }
    is_unreadable() {
        "is what a message is about that cannot be read automatically: people must look",
        "is waar een bericht over gaat dat niet automatisch te lezen is: mensen moeten ernaar kijken"
    }
    noted_receipt(name, attempt) {
        "noted '{name}' for attempt {attempt}: it moves no flow",
        "'{name}' genoteerd voor poging {attempt}: geen proces gaat erdoor verder"
    }
    outcome_too_late() { "had an outcome that matters no more", "kreeg een uitkomst die er niet meer toe doet" }
    attempt_started(attempt, channel, address, provider, again) {
        "attempt {attempt} over {channel} to {address} through {provider} {again}",
        "poging {attempt} per {channel} naar {address} via {provider} {again}"
    }
    sent_again() { "sent again, its outcome being unknown", "nog eens verstuurd, omdat de uitkomst onbekend is" }
    started() { "started", "begonnen" }

    the_way_is(channel) { "the way is {channel}", "het gaat per {channel}" }
    no_way() { "no channel of the step reaches the tenant", "geen kanaal van de stap bereikt de huurder" }
    the_way_because(way, why) { "{way}: {why}", "{way}: {why}" }
    may_go_from(until, allows) {
        "may go from {until} on, because {allows}",
        "mag gaan vanaf {until}, want {allows}"
    }
    waits_at_most(until, held) { "waits, at most until {until}: {held}", "wacht, hoogstens tot {until}: {held}" }
    has_variant(variant) {
        "the message has the variant '{variant}' of its template",
        "het bericht heeft de variant '{variant}' van het sjabloon"
    }
    counts() { "this message counts in the tenant's history", "dit bericht telt mee in de geschiedenis van de huurder" }

    every_one_stops() { "every addressee has the order to stop", "ieder heeft de opdracht te stoppen" }
    every_one_has_it() { "every addressee has his notification", "ieder heeft zijn melding" }
    a_part_ended(end) { "the part of one addressee ended '{end}'", "het deel van een van hen is afgerond als '{end}'" }
    brought_about() { "one of the parts has brought that about", "een van de delen heeft dat teweeggebracht" }
    rest_is_stopped(end, why) { "what is left is stopped as '{end}': {why}", "wat nog loopt stopt als '{end}': {why}" }
    stopped_before_it_came() { "a part is stopped before it came", "een deel is gestopt voordat het er was" }
    names_him(household) { "household '{household}' names this tenant", "huishouden '{household}' noemt deze huurder" }
    names_him_no_more(household) {
        "household '{household}' names this tenant no more",
        "huishouden '{household}' noemt deze huurder niet meer"
    }
    told_are(told) { "told: {told}", "aangeschreven: {told}" }
    and_not_told(told, not) { "{told}; not told: {not}", "{told}; niet aangeschreven: {not}" }
    ended_and_so_do(end) { "it ended '{end}', and so do the others", "het is afgerond als '{end}', en de andere ook" }
    part_is_over(end) { "it ended '{end}'", "het is afgerond als '{end}'" }
    answered_for_all() { "it was answered, for all of them", "het is beantwoord, voor allen" }
    household_hears(household, end) {
        "household '{household}' is told of its part: {end}",
        "huishouden '{household}' hoort van zijn deel: {end}"
    }
    household_loaded(members) { "the household was loaded: {members} entries", "het huishouden is geladen: {members} leden" }
    household_changed(members) { "the household changed: {members} entries", "het huishouden is veranderd: {members} leden" }

    profile_new() { "the profile was stored for the first time", "het profiel is voor het eerst opgeslagen" }
    profile_changed() { "the profile was changed by its source", "het profiel is door de bron gewijzigd" }
    is_now(point, state, only, after) { "{point} is now {state}{only}{after}", "{point} is nu {state}{only}{after}" }
    not_used_until() {
        ": it is not used until its source confirms it with a later date, or it is seen in use",
        ": het wordt niet gebruikt tot de bron het met een latere datum bevestigt, of het gebruikt blijkt te worden"
    }
    still_not_used(point, only, because, since) {
        "{point} is still not used{only}, though the list has it: {because} since {since}, and nothing newer confirms it",
        "{point} wordt nog steeds niet gebruikt{only}, al staat het op de lijst: {because} sinds {since}, en niets nieuwers bevestigt het"
    }
    state_created() { "created", "aangeleverd" }
    state_validated() { "validated", "bevestigd" }
    state_invalid() { "invalid", "ongeldig" }
    a_fact() { "a fact was taken", "een feit is ontvangen" }
    fact_told(kind, amount, about, at) {
        "fact {kind}{amount}{about}, told {at}",
        "feit {kind}{amount}{about}, gemeld {at}"
    }
    fact_declared(kind, about, says, at, until) {
        "fact {kind}{about}{says}, told {at}{until}",
        "feit {kind}{about}{says}, gemeld {at}{until}"
    }
    of_amount(amount) { " of {amount}", " van {amount}" }
    holds_until(until) { ", holds until {until}", ", geldt tot {until}" }
    open_on(subject, amount) { "open on {subject}: {amount}", "open op {subject}: {amount}" }
    open_unknown_but(amount) {
        "not known, for no fact told it and no notification about it is open; this fact is of {amount}",
        "niet bekend, want geen feit meldde het en er staat geen melding over open; dit feit is van {amount}"
    }
    open_unknown() { "not known, for no fact told it", "niet bekend, want geen feit meldde het" }

    was_interrupted(number) {
        "the process ended while attempt {number} was under way",
        "het programma stopte terwijl poging {number} liep"
    }
    task_answered(task, answer, by, said) {
        "task {task} was answered '{answer}' by {by}{said}",
        "taak {task} is met '{answer}' beantwoord door {by}{said}"
    }
    page_answered(answer, said) {
        "the tenant answered '{answer}' on the page behind the link{said}",
        "de huurder antwoordde '{answer}' op de pagina achter de link{said}"
    }
    answer_was_told(by, answer, said) {
        "{by} told the tenant's answer '{answer}'{said}",
        "{by} gaf het antwoord '{answer}' van de huurder door{said}"
    }
    reported(provider, name, attempt, why) {
        "{provider} reported '{name}' for attempt {attempt}{why}",
        "{provider} meldde '{name}' voor poging {attempt}{why}"
    }
    in_brackets(why) { " ({why})", " ({why})" }
    cancel_asked(what, note) { "asked to cancel {what}{note}", "gevraagd om {what} te annuleren{note}" }
    this_notification() { "this notification", "deze melding" }
    everything_about(subject) { "everything about {subject}", "alles over {subject}" }

    row_closing(end, because) {
        "it is to end '{end}', because {because}; what it opened at machines is closed first",
        "het gaat eindigen als '{end}', want {because}; eerst wordt gesloten wat het in andere systemen opende"
    }
    row_fact_set(what, step, flow, id, until) {
        "fact {what} was told by {step} of flow {flow}, for notification {id}{until}",
        "feit {what} is vastgelegd door {step} van proces {flow}, voor melding {id}{until}"
    }
    row_follows(earlier, round) {
        "follows {earlier}, which ended for the same subject: it is round {round}",
        "volgt op {earlier}, die voor hetzelfde onderwerp is afgerond: dit is ronde {round}"
    }
}
