//! Owns the sentences that come first: a notification, a group and a mailing in a sentence or two, and the
//! headings below which the rest stands. Refuses to choose a sentence.

use super::sentences;

sentences! {
    nothing_left_yet() { "Nothing has been sent yet.", "Er is nog niets verstuurd." }
    nothing_left_at_all() { "Nothing was sent.", "Er is niets verstuurd." }
    not_kept_what_left() { "What left is not kept any more.", "Wat er uitging wordt niet meer bewaard." }
    short_sending(channel, address, at) {
        "A message is going over {channel} to {address} since {at}.",
        "Sinds {at} gaat er een bericht per {channel} naar {address}."
    }
    short_accepted(channel, address, at) {
        "A message went over {channel} to {address} at {at}; the provider has it.",
        "Op {at} ging er een bericht per {channel} naar {address}; de aanbieder heeft het."
    }
    short_delivered(channel, address, at) {
        "A message went over {channel} to {address} at {at} and was delivered.",
        "Op {at} ging er een bericht per {channel} naar {address}; het is bezorgd."
    }
    short_deferred(channel, address, at) {
        "A message was to go over {channel} to {address} at {at}; the provider put it off.",
        "Op {at} zou er een bericht per {channel} naar {address} gaan; de aanbieder stelde het uit."
    }
    short_withdrawn(channel, address, at) {
        "A message was to go over {channel} to {address} at {at}; it did not leave.",
        "Op {at} zou er een bericht per {channel} naar {address} gaan; het vertrok niet."
    }
    short_failed(channel, address, at, why) {
        "The message over {channel} to {address} at {at} did not arrive: {why}.",
        "Het bericht per {channel} naar {address} op {at} kwam niet aan: {why}."
    }
    short_not_made(channel, why) {
        "The message did not leave over {channel}: {why}.",
        "Het bericht vertrok niet per {channel}: {why}."
    }
    short_before(channel, address, why) {
        "Before that, the message over {channel} to {address} did not arrive: {why}.",
        "Daarvoor kwam het bericht per {channel} naar {address} niet aan: {why}."
    }
    short_more_before(more) { "And before that, {more} more.", "En daarvoor nog {more}." }
    short_outcome_of(provider) {
        "What {provider} says of it is not known yet.",
        "Wat {provider} ervan zegt is nog niet bekend."
    }
    short_doubt(at, list) {
        "Until {at} the provider may still tell whether it arrived; then people are asked, list '{list}'.",
        "Tot {at} kan de aanbieder nog melden of het aankwam; daarna wordt het aan mensen gevraagd, lijst '{list}'."
    }
    short_held(at, lacks, list) {
        "It is held back: {lacks}. If that is still so at {at}, people are asked, list '{list}'.",
        "Het wordt tegengehouden: {lacks}. Is dat op {at} nog zo, dan wordt het aan mensen gevraagd, lijst '{list}'."
    }
    short_begins(at) {
        "It begins at {at}, as its sender asked (send_after).",
        "Het begint op {at}, zoals de afzender vroeg (send_after)."
    }
    short_wait(at) { "It waits until {at}.", "Het wacht tot {at}." }
    short_wait_then(at, then) { "It waits until {at}; then it goes {then}.", "Het wacht tot {at}; dan gaat het {then}." }
    short_sooner(when, go) { "As soon as {when}, it goes {go}.", "Zodra {when} gaat het {go}." }
    short_held_back(channel, at, why) {
        "It is ready to go over {channel}, but waits: {why}. It is asked again when that ends, and at {at}.",
        "Het kan per {channel} weg, maar wacht: {why}. Zodra dat voorbij is, en op {at}, wordt opnieuw gekeken."
    }
    short_bundled(channel, at, why) {
        "It goes over {channel} at {at}: {why}.",
        "Het gaat op {at} per {channel}: {why}."
    }
    short_capped(channel, at, why) {
        "It is ready to go over {channel}, but not before {at}: {why}.",
        "Het kan per {channel} weg, maar niet voor {at}: {why}."
    }
    short_retry(channel, at) { "It goes over {channel} again at {at}.", "Het gaat op {at} opnieuw per {channel}." }
    short_again(channel, provider) {
        "The same message goes over {channel} through {provider} once more, because it is not known whether it arrived.",
        "Hetzelfde bericht gaat nog eens per {channel} via {provider}, omdat niet bekend is of het aankwam."
    }
    short_ready(channel) {
        "It is ready to go over {channel} and waits its turn.",
        "Het staat klaar om per {channel} te gaan en wacht op zijn beurt."
    }
    short_with_people(list, because) {
        "People are asked what to do (list '{list}'), because {because}.",
        "Mensen moeten kiezen hoe het verder gaat (lijst '{list}'), want {because}."
    }
    short_with_people_until(list, because, due) {
        "People are asked what to do (list '{list}'), because {because}. Without an answer the flow goes on at {due}.",
        "Mensen moeten kiezen hoe het verder gaat (lijst '{list}'), want {because}. Zonder antwoord gaat het proces verder op {due}."
    }
    short_points(points) { "Of the tenant: {points}.", "Van de huurder: {points}." }
    short_prefers(channel, why) {
        "The tenant prefers {channel}, which was not taken: {why}.",
        "De huurder heeft liever {channel}, maar dat ging niet: {why}."
    }
    short_expires(at) { "It expires at {at}.", "Het verloopt op {at}." }
    short_expires_first(at) { "But it expires before that, at {at}.", "Maar het verloopt eerder, op {at}." }
    short_in_doubt(channel, address, at) {
        "A message went over {channel} to {address} at {at}; whether it arrived is not known.",
        "Op {at} ging er een bericht per {channel} naar {address}; of het aankwam is niet bekend."
    }
    short_ended(end, at) { "It ended '{end}' at {at}.", "Het is afgerond als '{end}' op {at}." }
    short_ended_because(end, at, because) {
        "It ended '{end}' at {at}, because {because}.",
        "Het is afgerond als '{end}' op {at}, want {because}."
    }
    short_end_not_kept() { "How it ended is not kept any more.", "Hoe het afliep wordt niet meer bewaard." }
    short_waits(what) { "It waits for {what}.", "Het wacht op {what}." }
    short_waits_until(what, at) { "Until {at} it waits for {what}.", "Tot {at} wacht het op {what}." }
    short_is_held_up(delays) { "It cannot leave now: {delays}.", "Het kan nu niet weg: {delays}." }

    why_heading() { "Why", "Waarom" }
    attempts_heading() { "Attempts", "Pogingen" }
    next_heading() { "What comes next", "Wat er nu komt" }
    about_heading() { "Told about the same before", "Al eerder over hetzelfde" }
    not_used_heading() { "Contact points that are not used", "Contactgegevens die niet gebruikt worden" }
    history_heading() { "Everything that was decided", "Alles wat besloten is" }
    people_heading() { "Who is told", "Wie het hoort" }
    not_told_heading() { "Who is not", "Wie niet" }
    progress_heading() { "Rows", "Regels" }
    attempt_line(number, channel, outcome) { "{number}. {channel}: {outcome}", "{number}. {channel}: {outcome}" }
    flow_line(name, version, category) {
        "Flow '{name}' version {version}, category '{category}'",
        "Proces '{name}' versie {version}, soort '{category}'"
    }
    at_the_latest(at) { "at the latest {at}", "uiterlijk {at}" }

    count_rows() { "rows", "regels" }
    count_admitted() { "handed over", "overgedragen" }
    count_left() { "not handed over", "niet overgedragen" }
    count_open() { "open", "open" }
    count_ended() { "ended", "afgerond" }
    count_taken() { "taken by a provider", "door een aanbieder aangenomen" }
    count_delivered() { "delivered", "bezorgd" }
    count_bounced() { "came back or were refused", "teruggekomen of geweigerd" }
    count_in_doubt() { "not known whether they arrived", "niet bekend of zij aankwamen" }
    count_under_way() { "under way", "onderweg" }
    count_with_people() { "with people", "bij mensen" }

    outcome_sending() { "under way", "onderweg" }
    outcome_accepted() { "taken by the provider", "aangenomen door de aanbieder" }
    outcome_delivered() { "delivered", "bezorgd" }
    outcome_deferred() { "put off", "uitgesteld" }
    outcome_withdrawn() { "did not leave", "niet vertrokken" }
    outcome_failed() { "failed", "mislukt" }
    outcome_in_doubt() { "not known whether it arrived", "niet bekend of het aankwam" }

    group_told(household, told) { "Household '{household}' is told through {told}.", "Huishouden '{household}' hoort het via {told}." }
    group_not_told(names) { "Not told: {names}.", "Niet aangeschreven: {names}." }
    group_open(open, all) { "Still open: {open} of {all} messages.", "Nog open: {open} van {all} berichten." }
    group_over() { "Every message has ended.", "Elk bericht is afgerond." }
    group_stopped_by(by, end) { "The message of {by} ended the others: '{end}'.", "Het bericht van {by} rondde de andere af: '{end}'." }
    group_stopped(end) { "It was cancelled: '{end}'.", "Het is geannuleerd: '{end}'." }
    nobody_was_told(household) {
        "Nobody of household '{household}' was told: the same flow already ran for this subject.",
        "Niemand van huishouden '{household}' hoorde het: hetzelfde proces liep al voor dit onderwerp."
    }
    household_was_told(household, told) {
        "Household '{household}' was told through {told}",
        "Huishouden '{household}' hoorde het via {told}"
    }
    not_told_were(why, not_told) { "{why}. Not told: {not_told}", "{why}. Niet aangeschreven: {not_told}" }
    part_ended_others(why, by, end) {
        "{why}. The part of {by} ended the others as '{end}'.",
        "{why}. Het deel van {by} rondde de andere af als '{end}'."
    }
    group_was_cancelled(why, end) { "{why}. It was cancelled: '{end}'.", "{why}. Het is geannuleerd: '{end}'." }
    full_stop(why) { "{why}.", "{why}." }
    addressee(tenant, role) { "{tenant} ({role})", "{tenant} ({role})" }
    addressee_for(tenant, role, others) { "{tenant} ({role}, for {others})", "{tenant} ({role}, voor {others})" }
    stands_at(who, state) { "{who}: {state}", "{who}: {state}" }
    left_out(tenant, role, why) { "{tenant} ({role}: {why})", "{tenant} ({role}: {why})" }
    nobody_as(role) { "the flow tells nobody as {role}", "het proces schrijft niemand aan als {role}" }
    has_died() { "has died", "is overleden" }
    not_begun() { "it has not begun", "het is nog niet ingegaan" }
    is_over() { "it is over", "het is voorbij" }
    told_instead(by) { "{by} is told instead", "{by} hoort het in plaats daarvan" }
    nobody_represented() { "nobody is told whom he represents", "niemand voor wie hij optreedt hoort het" }

    mailing_is(name, flow, category, stage) {
        "Mailing '{name}' by flow '{flow}', category '{category}': {stage}.",
        "Mailing '{name}' met proces '{flow}', soort '{category}': {stage}."
    }
    mailing_made(by, at) { "{by} made it at {at}.", "{by} maakte haar op {at}." }
    mailing_has_rows(count, rejected, repeated) {
        "Rows: {count}; refused: {rejected}; there more than once: {repeated}.",
        "Regels: {count}; geweigerd: {rejected}; vaker dan eens: {repeated}."
    }
    mailing_has_no_rows() { "It has no rows yet.", "Zij heeft nog geen regels." }
    mailing_selected(when, at, looked_at) {
        "Its tenants were chosen by {when}, as it was at {at}: {looked_at} tenants were looked at.",
        "Haar huurders zijn gekozen met {when}, zoals het was op {at}: naar {looked_at} huurders is gekeken."
    }
    mailing_undecided(count) {
        "Of {count} it cannot be said, because something is not known: they are not among the rows.",
        "Van {count} is het niet te zeggen, omdat iets niet bekend is: zij staan niet in de regels."
    }
    mailing_not_loaded(count) {
        "{count} are known from facts alone; nobody loaded them.",
        "{count} zijn alleen uit feiten bekend; niemand heeft ze geladen."
    }
    mailing_selecting(when, percent, chosen) {
        "Its tenants are being chosen by {when}: {percent}% is done, {chosen} are chosen so far.",
        "Haar huurders worden gekozen met {when}: {percent}% is gedaan, {chosen} zijn tot nu toe gekozen."
    }
    mailing_select_failed(when, why) {
        "Choosing its tenants by {when} failed: {why}.",
        "Haar huurders kiezen met {when} mislukte: {why}."
    }
    mailing_approved(by, at) { "{by} approved it at {at}.", "{by} keurde haar goed op {at}." }
    mailing_not_approved() { "A second person has to approve it.", "Een tweede persoon moet haar goedkeuren." }
    mailing_released(by, at, terms) { "{by} released it at {at}{terms}.", "{by} gaf haar vrij op {at}{terms}." }
    at_a_pace(rows) { ", {rows} rows a minute", ", {rows} regels per minuut" }
    within_windows(windows) { ", within {windows}", ", binnen {windows}" }
    pauses_at(percent, rows) {
        ", with a pause when {percent} percent of at least {rows} rows come back",
        ", met een pauze als {percent} procent van minstens {rows} regels terugkomt"
    }
    mailing_progress(admitted, rows, taken, delivered, bounced) {
        "{admitted} of {rows} rows were handed over; {taken} were taken by a provider, {delivered} delivered, {bounced} came back.",
        "{admitted} van {rows} regels zijn overgedragen; {taken} zijn door een aanbieder aangenomen, {delivered} bezorgd, {bounced} kwamen terug."
    }
    mailing_doubt(in_doubt) {
        "Of {in_doubt} it is not known whether they arrived.",
        "Van {in_doubt} is niet bekend of zij aankwamen."
    }
    mailing_with_people(tasks) { "{tasks} are with people.", "{tasks} liggen bij mensen." }
    mailing_not_taken(count, why) { "{count} were not taken: {why}.", "{count} zijn niet aangenomen: {why}." }
    mailing_left(left) { "{left} were not handed over.", "{left} zijn niet overgedragen." }
    mailing_complete() { "Every row has come to its end.", "Elke regel is afgerond." }
    mailing_ended(at) { "It ended at {at}.", "Zij eindigde op {at}." }
    mailing_corrects(id, affected) {
        "It corrects mailing {id}, for rows that are '{affected}'.",
        "Zij verbetert mailing {id}, voor regels die '{affected}' zijn."
    }
    stage_draft() { "a draft", "een concept" }
    stage_approved() { "approved", "goedgekeurd" }
    stage_running() { "under way", "onderweg" }
    stage_paused() { "paused", "gepauzeerd" }
    stage_stopping() { "being stopped", "wordt gestopt" }
    stage_stopped() { "stopped", "gestopt" }
    stage_done() { "done", "klaar" }
    paused_by(by, at) { "{by} paused it at {at}.", "{by} pauzeerde haar op {at}." }
    mailing_opens(at) {
        "None of its windows is open now: its rows go on at {at}.",
        "Geen van haar vensters is nu open: haar regels gaan verder om {at}."
    }
    paused_for_share() {
        "It paused by itself: too many came back or were refused.",
        "Zij pauzeerde vanzelf: er kwamen er te veel terug of er werden er te veel geweigerd."
    }
    paused_for_flow() {
        "It paused by itself: the flow is no more the one that was approved.",
        "Zij pauzeerde vanzelf: het proces is niet meer wat is goedgekeurd."
    }
    paused_for_damage() {
        "It paused by itself: its files cannot be used.",
        "Zij pauzeerde vanzelf: haar bestanden zijn onbruikbaar."
    }
}
