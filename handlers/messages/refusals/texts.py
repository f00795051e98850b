"""One text per refusal: what is wrong and, where it is not obvious, what to do.

Placeholders are the error's params. The nearest valid forms, the choices and the possible meanings follow the text.
"""

from handlers.messages.block_kit.translator import _

TEXTS: dict[str, str] = {
    # who
    "not_a_member": _("You're not a member of this desk yet. Ask an admin to add you with /loan-team add."),
    "not_a_member_named": _("{slack_id} is not a member of this desk. An admin can add them with /loan-team add."),
    "unknown_member": _("Nobody at this desk is called “{given}”. Mention them with @."),
    "member_ambiguous": _("“{given}” could be one of these. Mention the one you mean:"),
    "scope_missing": _("Only a program with the scope {scopes} may do this."),
    "role_missing": _("You need the role {roles} for this."),
    "others_may_act": _("Only the people responsible can act on this: {who}."),
    "acts_already": _("You already act for {who} while they are away. The call is theirs again when they are back."),
    "hours_order": _("The hours need a start and a later end."),
    "move_day_past": _("{given} has passed. The late calls of earlier days are moved with those of today."),
    "move_to_earlier": _("{given} is not after {on}. Choose a later day."),
    "move_too_far": _("{given} is more than {n} days off. Choose an earlier day."),
    "away_then": _("{who} is away on {on}. Choose another day, or reassign the calls."),
    "no_calls_to_move": _("{who} has no open calls then: {on}."),
    "hold_not_reminded": _("There is no reminder to hold: the call is snoozed, or not due yet."),
    "hold_too_late": _("The managers have been told already. Log the call once you have made it."),
    "hold_no_more": _(
        "You have said {n} times that you are on it. The managers hear at {at}. Log the call, or move it to another time."
    ),
    "hold_none": _(
        "None of them can be held: the managers have heard, or you have said often enough that you are on it."
    ),
    "held_since": _("They are in hand already. Without a result the managers hear of the first at {at}."),
    "not_snoozed": _("It isn't snoozed any more."),
    "only_to_one": _("{who} has only appointments or steps on loans of others. Choose one member who takes them over."),
    "nobody_to_assign": _("There is nobody to assign this to."),
    "person_missing": _("Who? Mention a member with @."),
    "cannot_take_calls": _("{who} doesn't take calls: only agents, verifiers, collectors and managers do."),
    "account_lost": _("{who}'s Slack account can no longer use the desk. Choose another member."),
    "who_behind_due": _("Put the member before the time: “{given}” comes after it."),
    "admin_only": _("Only an admin can give or take away the roles admin and compliance."),
    "reveal_limit": _(
        "You have looked at {limit} phone numbers today, as many as your role may. Compliance can raise it."
    ),
    "bad_proof": _("There is no such proof. Choose the language and the kind of file again."),
    "bad_month": _("“{given}” is no month. Write it like 2026-11."),
    "month_ahead": _("{month} has not begun. Choose an earlier month."),
    "team_trail": _("Managers see what their own teams saw and did. Compliance sees the rest."),
    "team_case": _("Managers have case files made of the loans of their own teams. Compliance has those of all."),
    "purpose_too_long": _("What the case file is for has more than {limit} characters. Say it in fewer."),
    "team_figures": _("Only the managers of a team see its figures."),
    "team_only": _("Only the member, their manager or an admin can change this."),
    "member_of_others": _("Only an admin or a manager of this member can do that: {who}."),
    "team_of_others": _("You don't manage {team}. An admin can do that, or who manages it."),
    "team_needed": _("Name the team as well, one that you manage: {teams}."),
    "manages_no_team": _(
        "You manage no team. An admin can do that, or name you as manager of one in the team settings."
    ),
    "reveal_limit_range": _("A limit is a number from {low} to {high}, for one of the roles."),
    "trail_days_order": _("The last day must not lie before the first."),
    "pool_closed": _(
        "Loans without an owner are seen by managers and by members without a team. An admin can widen it."
    ),
    "only_role": _("{who} has no other role. Give them one with /loan-team add, or remove them."),
    "role_not_held": _("{who} doesn't have the role {roles}."),
    "roles_leave_loans": _(
        "{who} has loans or follow-ups, and without this role takes no calls. First reassign them: /loan-reassign {who} @whom"
    ),
    "handover_under_way": _("Loans and follow-ups of {who} are still being reassigned. Try again in a minute."),
    "team_gone": _("This team no longer exists."),
    "member_already": _("{slack_id} is already a member of this desk."),
    "access_unknown": _("This request for access no longer exists."),
    "access_decided": _("{slack_id}'s request was already answered: {who}, {at}."),
    "demo_there": _("The demo borrowers are already there."),
    "demo_gone": _("The demo borrowers are no longer there."),
    "contact_hours_order": _("The hours must end after they start, on the same day."),
    "last_admin": _("This is the only admin. Make another member an admin first."),
    "same_person": _("That is the same person twice. Name two different members."),
    "already_owner": _("{loan} already belongs to {who}."),
    "member_gone": _("One of the two is no longer a member of the desk."),
    "mention_needed": _("Mention the person with @, so that Slack can tell who “{given}” is."),
    "too_many_named": _("That names more than {most} people and channels. Name fewer at a time."),
    "not_in_slack": _("Slack doesn't know {slack_id}."),
    "not_a_person": _("{slack_id} is a bot or has left the company."),
    "guest": _("{slack_id} is a guest or works for another company, so they can't see borrowers' data."),
    "channel_shared_outside": _(
        "{channel} is shared with another company, so borrowers' data can't appear there. Choose another channel."
    ),
    "channel_archived": _("{channel} is archived. Choose another channel."),
    "channel_without_bot": _("The bot isn't in {channel}. Invite it there first: /invite @Loan Desk"),
    # escalations
    "escalation_unknown": _("“{given}” is no reason for an escalation. Choose one of the list."),
    "escalation_there": _(
        "{loan} is escalated for this already: {escalation}, since {at}, by {who}. Add what is new as a note on its card."
    ),
    "unknown_escalation": _("That escalation no longer exists: it was undone."),
    "escalation_taken": _("{who} has been on it since {at}."),
    "escalation_open": _("Nobody is on it any more. You can take it."),
    "escalation_resolved": _("{who} resolved it: {at}."),
    "escalation_changed": _("The escalation has changed since. The message shows how it is now."),
    "resolution_missing": _("What was decided? Write it in a few words."),
    # steps beyond calls
    "unknown_step": _("That step no longer exists."),
    "step_past": _("{given} is over. Plan the step for a later day, or record it as done."),
    "step_ahead": _("{given} is still to come. Plan the step, or enter the day on which it was done."),
    "step_same_day": _("The step is planned for {given} already."),
    "step_changed": _("That step of {loan} has changed since. Open the card again to see how it is now."),
    "step_before_disbursement": _(
        "{loan} is not paid out: it is at the stage {stage}. Steps beyond calls follow arrears."
    ),
    # appointments
    "unknown_appointment": _("That appointment no longer exists."),
    "appointment_needs_time": _("An appointment needs a time of day: {on} at what time?"),
    "appointment_there": _(
        "{loan} already has an appointment for {appointment}: {at}. Move that one instead, on the loan's card."
    ),
    "appointment_clash": _("{who} has another appointment then: {at} {loan}. Choose another time."),
    "appointment_too_long": _("An appointment takes at most {most} minutes, and its place at most {limit} characters."),
    "appointment_changed": _("The appointment of {loan} has changed since. Open the card again to see how it is now."),
    "appointment_settled": _("The appointment of {loan} is settled already: {became}."),
    "appointment_ahead": _("It is not over yet: {at}. Record what became of it afterwards."),
    "link_unknown": _("A link begins with https://: “{given}” does not."),
    # playbooks
    "unknown_playbook": _("There is no such playbook any more."),
    "playbook_changed": _(
        "Another member has changed this playbook since. Copy your text, open the form again, and add it there."
    ),
    "playbook_too_long": _("That is too long: at most {limit} characters in a field."),
    "playbook_asks_nothing": _("Write at least one line of what to ask or check."),
    "unknown_placeholder": _("Nothing stands for “{given}” in braces: only me, lender and borrower do."),
    # which loan
    "loan_missing": _("Which loan? Start with its number."),
    "unknown_loan": _("There is no loan “{given}” that you can see. Search by name or phone number with /loan find."),
    "loan_ambiguous": _("“{given}” matches more than one loan. Type the number:"),
    "loan_of_words": _("In a line, a loan is named by its number or by one word. “{given}” is:"),
    "taken_since": _("{loan} is not yours any more: {who} has taken it until {until}."),
    "claimed_already": _("{who} has {loan} already."),
    "loan_changed": _("{loan} has changed since. Check its card before you go on."),
    "unknown_follow_up": _("{loan} has no follow-up {given}. See the open ones on its card: /loan {loan}"),
    "no_open_follow_up": _("{loan} has no open follow-up."),
    "which_follow_up": _("Which follow-up of {loan}? Type its number:"),
    "press_unknown": _("This button is from an older version. Type the command instead; /loan help shows how."),
    "snooze_too_long": _(
        "{given} is too far off: a reminder can be snoozed for {n} days at most. To call later, move the call to that day."
    ),
    "snooze_gone": _("That time is no longer available. Choose another one."),
    "unknown_follow_up_pressed": _("This follow-up no longer exists."),
    "follow_up_closed": _("{name} is already {state}: {who}, {at}."),
    "follow_up_changed": _("{name} has changed since: {who}, {at}. Check its card before you go on."),
    "note_missing": _("What's the note? Type it after the loan."),
    "unknown_note": _("This note no longer exists."),
    "note_undone": _("This note was undone, {at}."),
    "note_changed": _("This note has been corrected since. Open the loan's card to see it as it is now."),
    "note_not_yours": _("Only the person who added this note, within a day, or a manager can correct it."),
    "unknown_loan_pressed": _("That loan doesn't exist, or you can't see it."),
    "draft_gone": _("This has expired or was already used. Type the line again."),
    "name_too_long": _("The name has {length} characters; the limit is {limit}."),
    "number_taken": _("Another loan already has the number {given}."),
    "join_has_work": _("{given} can't be joined with {loan}: people have worked on it already."),
    "number_separated": _("{given}: a loan number can't contain spaces, commas or semicolons."),
    "number_too_long": _("The number has {length} characters; the limit is {limit}."),
    "nothing_filled_in": _("Nothing is filled in yet. Enter what you want to correct."),
    "nothing_changed_here": _("Nothing was changed: it is already set this way."),
    "nothing_to_hand_over": _("There is nothing to reassign."),
    "nobody_in_team": _(
        "Nobody in {team} can take this over now: everyone who takes calls is away or is the one handing over."
    ),
    "team_missing": _("Across which team?"),
    "too_many_for_each": _("{count} loans are too many to assign one by one; the limit is {limit}."),
    "nothing_chosen": _("Nothing is selected yet."),
    "nothing_changed": _("{loan} already says that."),
    "document_words_needed": _("Several other documents are open on {loan}. Name the one you mean after “other:”."),
    "document_words_too_long": _("The document's name has {length} characters; the limit is {limit}."),
    "document_expired": _("A document that was valid until {day} only doesn't count any more. Ask for a new one."),
    # files
    "files_of_one_document": _("Files belong to one document: choose just that one, or leave the files out."),
    "too_many_files": _("That is {count} files. Send at most {most} at a time."),
    "import_gone": _("That file is kept no longer. Send it again."),
    "import_changed": _("This import has gone on meanwhile. The newest message about it shows what you can do now."),
    "import_said_twice": _("Two headings can't be the same column. Leave {heading} out, or the other one."),
    "import_has_refused": _("Some rows are refused. Import the good rows, or mend the file and send it again."),
    "refused_rows_gone": _("The refused rows were kept for a week. Send the file again to see them."),
    "remarks_gone": _("The remarks were kept for a week. Send the file again to see them."),
    "file_settled": _("That is settled already: the files were filed or discarded. The message above shows it."),
    "file_is_recording": _("That is a recording, not a document. Press “Choose loan and call”."),
    "file_is_no_recording": _("That is a document, not a recording. Press “Choose loan and document”."),
    "unknown_recording": _("That recording no longer exists, or you can't see it."),
    "recording_changed": _("That recording was moved or discarded meanwhile. List the recordings again."),
    "recording_not_yours": _(
        "Recordings are for the one who made the call, the loan's owner, their managers and compliance. Ask one of them."
    ),
    "unknown_phone_call": _("That call no longer exists, or you can't see it."),
    "phone_call_settled": _("That call was logged or assigned meanwhile."),
    "phone_call_not_yours": _("Managers assign calls that fit nobody; others those of their own extension."),
    "phone_call_agent": _("{who} can't log calls on {loan}. Choose who called, or another loan."),
    "ring_asked": _("Your phone was asked to ring for {loan} a moment ago. Press again if it doesn't."),
    "extension_taken": _("Extension {given} is {who}'s. Enter the one of your own phone."),
    "extension_invalid": _("“{given}” is no extension. Enter the number of your phone in the phone system, like 2001."),
    "recording_link": _("That is no address of a recording. Copy the link as it is; it begins with https://."),
    "recording_missing": _("Choose a file, or enter a link: one of the two."),
    "discard_reason_missing": _("Say why the recording is discarded."),
    "unknown_file": _("That file no longer exists, or you can't see it."),
    "files_stay_out": _(
        "This desk has no page where files can be opened, so it keeps none. An admin can set one up: LOANDESK_PUBLIC_URL."
    ),
    "files_stay_at_desk": _("Files are not sent in Slack here. Open it with a link."),
    "upload_too_large": _("Slack takes no file of more than {gigabytes} GB. Open it with a link."),
    "exports_waiting": _("{limit} of your files are still being made. Wait until one of them is ready."),
    "export_needs_member": _("This list is of a member: name one with --as."),
    "no_page": _("This desk has no page where this can be opened. An admin can set one up: LOANDESK_PUBLIC_URL."),
    "no_calendar_page": _(
        "This desk has no page where calendar files can be downloaded; please enter the appointment by hand. An admin can set "
        "a page up: LOANDESK_PUBLIC_URL."
    ),
    # what was said
    "incomplete": _("The line is incomplete: something is missing at the end."),
    "not_understood": _("I don't understand “{given}” here."),
    "outcome_missing": _("How did the call end? Type the outcome after the loan."),
    "outcome_unknown": _("“{given}” isn't an outcome."),
    "outcome_unclear": _("“{given}” could mean the opposite of its first word. Put a colon before the note."),
    "amount_unclear": _("“{given}” isn't an amount I can read for certain."),
    "amount_not_taken": _("An amount belongs to a promise or a payment, not to {outcome}."),
    "amount_currency": _("The amounts of {loan} are in {currency}. Type it in that currency."),
    "due_or_amount": _("“{given}”: is the number a time, or the amount? Put an amount before the date."),
    "share_known": _(
        "It's already known what this payment on {loan} covers, or the call was corrected. Check its card: /loan {loan}"
    ),
    "share_first": _("First say whether this payment on {loan} was the whole instalment or part of it."),
    "next_due_missing": _("When is the next follow-up? Type it after “next”."),
    "next_weekday_ambiguous": _("“{given}”: this week or next? Type the date."),
    "follow_up_is_there": _(
        "“{given}” already exists. To move it, type “{given} move” and the time; for another one, leave out /{number}."
    ),
    "team_name_too_long": _("The team's name has {length} characters; the limit is {limit}."),
    "due_missing": _("When? Add a date or a time."),
    "due_unknown": _("I can't read “{given}” as a time."),
    "stage_missing": _("Which stage?"),
    "stage_unknown": _("“{given}” isn't a stage."),
    "unknown_stage": _("“{given}” isn't a stage."),
    "checks_a_day": _("Enter a number from 1 to {limit}."),
    "stage_changed": _(
        "{loan} was moved meanwhile: {who}, {at}. The form showed the stage before. Look at its card before you go on."
    ),
    "write_off_reason_missing": _("Why is {loan} written off? A write-off needs a reason."),
    "document_missing": _("Which document?"),
    "document_unknown": _("I don't know a document called “{given}”. For others, type other: and the name."),
    "document_twice": _("“{given}” is the same document as one before it. Name it once."),
    "document_act_behind": _("Write “{given}” before the documents."),
    "document_each": _("“{given}”: send back one document at a time, each with its own reason."),
    "document_words_missing": _("Name the document after “other:”."),
    "reason_missing": _("Why? Type the reason after a colon, so that the borrower can be told."),
    "by_due_missing": _("By when? I can't read “{given}” as a time."),
    "by_missing": _("“{given}”: put “by” before the time."),
    "by_twice": _("“{given}” is a second time. Give only one."),
    "too_many_words": _("That's {count} words; a search takes at most {limit}."),
    "line_too_long": _("The line has {length} characters; the limit is {limit}."),
    "words_missing": _("What should I look for? Type a name, a phone number, its last four digits, or a loan number."),
    "field_unknown": _("“{given}” can't be changed here."),
    "zone_unknown": _("I don't know the time zone “{given}”."),
    "value_missing": _("To what? Add the new value."),
    "person_name_missing": _("What is the person's name?"),
    "unknown_person": _("This person is no longer around the loan, or you can't see it."),
    "person_changed": _("This person has been changed since. Open the loan's card to see them as they are now."),
    "amount_too_large": _("{given} is more than an amount can be."),
    "term_number": _("“{given}”: a number from {low} to {high} is needed here."),
    "term_too_long": _("That has {length} characters; the limit is {limit}."),
    "rate_unclear": _("“{given}” isn't a rate I can read for certain. Type the percentage, a month or a year."),
    "choice_unknown": _("I don't know “{given}” here."),
    "yes_no_unknown": _("“{given}”: yes or no?"),
    "currency_unknown": _("“{given}” isn't a currency. Type its code of three letters."),
    "vin_unclear": _("“{given}” isn't a VIN: it has 17 letters and digits, and never I, O or Q."),
    "plate_unclear": _("“{given}” isn't a plate."),
    "terms_changed": _(
        "The terms of {loan} have changed since this form was opened. Open it again to see them as they are now."
    ),
    "name_missing": _("What is the borrower's name? Put it before the phone number."),
    "phone_missing": _("Add a valid phone number."),
    "phone_invalid": _("“{given}” isn't a valid phone number."),
    "phone_several": _("“{given}” is more than one number. Give the one to call; the others can go into a note."),
    "word_unknown": _("I don't understand “{given}” here."),
    "list_of_loans": _("This list is of loans, not of calls, so “{given}” can't narrow it down. Leave it out."),
    "next_is_yours": _(
        "“{given}” can't stand beside next: you take the next borrower yourself, yours first, then your team's."
    ),
    "said_twice": _("“{given}” says something you have already typed."),
    "digest_unknown": _("“{given}” isn't a time for a digest."),
    "act_unknown": _("I don't know what to do with “{given}”."),
    "language_unknown": _("I don't speak “{given}”."),
    "channel_unknown": _("“{given}” isn't a channel. Choose one from the list that # opens."),
    "channel_misplaced": _("“{given}”: put the channel before the team."),
    "role_not_said": _("Which role?"),
    "role_unknown": _("“{given}” isn't a role."),
    "absence_past": _("“{given}” has passed: the last day away must be today or later."),
    "absence_order": _("The last day away is before the first: {since}. Write the later day last."),
    "absence_overlaps": _(
        "{who} is away already until {until}. Choose a first day after that, or leave it out to change the present absence."
    ),
    "until_missing": _("Until when? Add the last day away."),
    "date_missing": _("Which date?"),
    "date_only": _("“{given}”: only a date is needed here, without a time."),
    "day_kind_unknown": _("“{given}”: working or off?"),
    "clock_ambiguous": _("“{given}”: morning or afternoon? Type it like 09:00."),
    "clock_impossible": _("“{given}” isn't a time of day."),
    "note_too_long": _("The note has {length} characters; the limit is {limit}."),
    # when
    "due_not_understood": _("I can't read “{given}” as a time."),
    "due_ambiguous": _("“{given}” has more than one meaning."),
    "due_past": _("“{given}” has passed, or is too far ahead without a year."),
    "due_no_such_date": _("“{given}” isn't a date that exists."),
    "due_no_such_time": _("“{given}” isn't a time that exists."),
    "due_range": _("“{given}” is a period, not a time. Name a day."),
    "due_part_of_day": _("“{given}”: at what time?"),
    "due_bare_number": _("“{given}”: is the number an hour? Type it like 14:00."),
    "due_midnight": _("“{given}”: midnight of which day? Type 00:00 with the date."),
    "due_contradiction": _("“{given}” contradicts itself."),
    "due_two_times": _("“{given}” has two times. Give only one."),
    "due_too_far": _("“{given}” is too far ahead. Choose an earlier date."),
    "due_after_work": _("Work is over by then ({given}). Choose the next working day, or give a time."),
    "no_digest": _("Your role makes no calls, so no digest is sent to you."),
    "no_working_day": _("There is no working day near that date."),
    "working_hours": _("“{given}”: type working hours like 09:00-18:00."),
    "working_days": _("“{given}”: type working days like mon-fri."),
    "overnight_hours": _("“{given}”: shifts past midnight aren't supported."),
    "no_working_days": _("At least one working day is needed."),
    "contact_hours": _("“{given}”: type contact hours like 08:00-22:00."),
    "unknown_country": _("I don't know the public holidays of “{given}”."),
    "due_day": _("The instalment day must be from 1 to 31."),
    "no_retry": _("This outcome has no retry."),
    # calls
    "unknown_call": _("This call no longer exists."),
    "call_not_yours": _("Only the person who logged this call can add to it."),
    "correction_not_yours": _("Only the person who logged this call, within a day, or a manager can correct it."),
    "call_changed": _("This call has been corrected since. Open the loan's card to see it as it is now."),
    "call_logged_again": _("You already logged that call once more, {at}."),
    "call_undone": _("This call was undone, {at}."),
    "planned_since": _("Something else has been planned on {loan} since. Check its card: /loan {loan}"),
    "rules_changed": _("The rules have changed since this form was opened. Open it again to see them as they are now."),
    "contact_rules_changed": _(
        "The contact rules have changed since this form was opened. Open it again to see them as they are now."
    ),
    "state_unknown": _("I don't know “{given}” here."),
    "state_end_missing": _("Say until when it lasts: a last day is needed."),
    "state_past": _("{given} is over already."),
    "state_too_long": _("The last day can be {latest} at the latest."),
    "state_there": _("That state is recorded for {loan} already."),
    "state_gone": _("This state is no longer there."),
    "state_over": _("This state has ended or was changed meanwhile. Open the card of {loan} again."),
    "state_none": _("There's no state to end on {loan}."),
    "state_several": _("{loan} has several states. End the right one on its card, under Contact rules."),
    "consent_hours_missing": _("Give the hours that were agreed: from and until."),
    "consent_order": _("The end must come after the beginning."),
    "consent_gone": _("This consent is no longer there."),
    "consent_over": _("This consent was withdrawn or changed meanwhile. Open the card of {loan} again."),
    "request_date": _("Give the day on which the request arrived: {today} at the latest."),
    "request_name_missing": _("Say who asks: choose a loan or a member, or type a name."),
    "request_gone": _("This request is no longer there."),
    "request_changed": _("This request was answered or changed meanwhile. Open the list again to see it as it is now."),
    "request_of_nobody": _("The request names nobody on file. Enter it again from the card of the loan."),
    "request_unproven": _("Say first how the person proved who they are."),
    "request_ground": _("Choose the ground on which the request is refused."),
    "request_answer_missing": _("Write what the person is told, and why."),
    "request_not_extendable": _("The answer cannot be put off here: it is due on {due}."),
    "request_extended": _("The answer was put off already: it is due on {due}."),
    "request_late": _("The answer can be put off only before it is due. It was due on {due}."),
    "erasure_member": _(
        "Calls and the audit trail name members. Remove the member from the desk, and answer the request."
    ),
    "erasure_other_open": _("Another request of this person is open. Answer it before anything is deleted."),
    "erasure_changed": _("What would be deleted is no longer what was shown. Open the list again and look at it."),
    "contact_channel": _("Choose how the borrower was contacted: letter, text message, e-mail or visit."),
    "contact_in_future": _("This time is still to come. Enter the contact once it was made."),
    "contact_too_old": _("That is more than {days} days ago. Write it into a note."),
    "contact_reason_missing": _("Give the reason for the call."),
    "nothing_refuses": _("No contact rule refuses a call on {loan} then: plan it."),
    "time_of_day_missing": _("Give a time of day too: tomorrow 21:30."),
    "contact_fixed": _("No manager can override this on {loan}; it ends when the state ends."),
    "unknown_pack": _("There's no pack of contact rules “{given}”."),
    "unknown_rule": _("There's no contact rule “{given}”."),
    "rule_number": _("{given} isn't a number from {low} to {high}."),
    "bucket_line": _("Line {line} can't be read: “{given}”. A line is the first day past due and a name: 31 M2"),
    "bucket_order": _(
        "Line {line}: {given}. The first bucket begins on day 1, each other one later than the one before."
    ),
    "bucket_name": _("Line {line}: “{given}”. Each bucket needs a name of its own, of at most {most} characters."),
    "bucket_gone": _("Choose the bucket from which on the rule applies."),
    "bucket_count": _("That's {given} buckets; there are from 1 to {most}."),
    # legal holds, and how long records are kept
    "under_hold": _("{loan} is under a legal hold: nothing of it may be deleted. Compliance can lift it."),
    "hold_reason_missing": _("Why? Write the reason in a few words: the case, or who asked."),
    "hold_past": _("{given} is over already."),
    "hold_too_long": _("The last day can be {latest} at the latest. Without a last day it lasts until it is lifted."),
    "hold_gone": _("This hold is no longer there."),
    "hold_over": _("This hold was lifted or changed meanwhile. Open the card of {loan} again."),
    "kind_unknown": _("There are no records of the kind “{given}”."),
    "months_out_of_range": _("From 1 to {most} months."),
    "kept_longer_by_rule": _("They must be kept {least} months at least: {source}"),
    "quiet_past": _("{given} isn't after today."),
    "quiet_too_long": _("{given} is too far off: {latest} at the latest."),
    "quiet_ended": _("{loan} has ended ({stage}): it needs no call anyway."),
    "offer_past": _("{given} has passed. Plan the next step with /loan-follow."),
    # repayment
    "schedule_amount": _("{given}: the amount must be more than zero, with at most two decimals."),
    "schedule_rate": _("{given}: the rate must be from 0 to {most} percent."),
    "schedule_rate_unclear": _("“{given}” isn't a rate. Type it in percent: 4.5"),
    "schedule_months": _("{given}: a term has from 1 to {most} months."),
    "schedule_balloon": _("{given}: a balloon is less than the amount, and goes with level payments only."),
    "schedule_paid_out": _("The payout, {given}, must be before the first due date, {first}."),
    "schedule_empty": _("Paste the instalments: a line each, with date and amount."),
    "schedule_line": _("Line {line} can't be read: “{given}”. A line has a date, year first, and one amount or three."),
    "schedule_rows": _("That's {given} instalments; a schedule has at most {most}."),
    "schedule_row_amount": _("Line {line}: an instalment must be more than zero, not {given}."),
    "schedule_row_order": _(
        "Line {line}: {given} doesn't come after {before}. Put the instalments in the order of their dates."
    ),
    "schedule_row_sum": _("Line {line}: principal and interest make {sum}, but the amount is {given}."),
    "schedule_sum": _(
        "The principal of all lines is {given}, but the loan's amount is {amount} {currency}. Correct a line or the loan's "
        "amount; for the rest of a loan, give dates and amounts alone."
    ),
    "schedule_grace": _("{given}: from 0 to {most} days of grace."),
    "schedule_settled": _("{given} is in the future: until when everything is paid must be today or earlier."),
    "schedule_missing": _(
        "{loan} has no repayment schedule from which payments are counted. Enter one, or log the call: /loan-call {loan} paid"
    ),
    "loan_ended": _("{loan} has ended, so its repayment can't be changed."),
    "all_paid": _("All instalments of {loan} are paid already. Check its card: /loan {loan}"),
    "payment_amount": _("{given}: a payment must be more than zero. To take one back, reverse it on the card."),
    "payment_future": _("{given} is in the future: a payment is recorded once the money is there."),
    "payment_larger": _(
        "That is more than what is left to pay on {loan}: {left} {currency}. Correct the amount, or the schedule first."
    ),
    "promise_larger": _(
        "That is more than what is left to pay on {loan}: {left} {currency}. Correct the amount; if it includes fees, leave it "
        "out and write it in the note."
    ),
    "payment_twice": _(
        "{amount} {currency} on {day} is recorded on {loan} already, by {who}. If it was paid once more, record that on the "
        "card: Payments, Record a payment."
    ),
    "payment_before_disbursement": _(
        "{loan} isn't paid out yet, so nothing can have been repaid. Change its stage first."
    ),
    "payment_unknown": _("This payment no longer exists."),
    "payment_not_yours": _("Only the person who recorded this payment, within a day, or a manager can reverse it."),
    "payment_reversed": _("This payment was already reversed, {at}."),
    "payment_changed": _("This payment has changed since. Open the card again."),
    "pause_kind": _("“{given}” isn't a kind of pause."),
    "pause_order": _("The pause must end after it begins, {first}."),
    "pause_long": _("A pause takes at most {most} days."),
    "pause_past": _("{given} has passed: a pause must end after today."),
    "pause_reason_missing": _("Why are the instalments paused? Give the reason."),
    "pause_there": _("{loan} has a pause in these days already. End it first."),
    "pause_unknown": _("This pause no longer exists."),
    "pause_over": _("The pause of {loan} is over, or has changed since. Open the card again."),
    # checks
    "check_reason_missing": _("What did not match, and why? Mark the item that differs, or write it down here."),
    "decision_reason_missing": _("Why? A decision about a failed check needs a reason."),
    "unknown_check": _("This check no longer exists."),
    "check_not_failed": _("This check hasn't failed, or was undone, so there is nothing to decide."),
    "check_decided": _("This was decided meanwhile: {who}, {at}. Check the loan's card before you go on."),
    "correction_ends_check": _(
        "A correction can't end a check. Leave this call as it is, and log another call: {outcome}."
    ),
    "correction_opens_check": _(
        "This call ended a check, so it stays {outcome}. Undo the call, or plan the check again."
    ),
    # undo
    "undo_unknown": _("There is nothing to undo any more. Change it with a command."),
    "undo_not_yours": _("Only the person who did this can undo it."),
    "undo_leaves_loans": _("{who} has loans or follow-ups now. Reassign them with /loan-team remove {who} to @whom"),
    "undo_too_late": _("That was more than {minutes} minutes ago and can't be undone. Change it with a command."),
    "already_undone": _("This was already undone, {at}."),
}
