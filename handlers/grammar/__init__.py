"""Reads what people type, whole or not at all.

One module per command, each with `parse(line, now, zone)`, which gives a request or raises `Invalid`; `due` has the
due times and their codes. A refusal's params are `part` (which part of the line), `given` (what stood there, as typed, empty
where nothing did) and `nearest` (what may be typed instead, perhaps nothing). The codes, by part:

- `loan`: `loan_missing`.
- `outcome`: `outcome_missing`, `outcome_unknown`, `outcome_unclear` (`paid half`: words that turn the outcome around).
- `next`: `next_due_missing`, `next_weekday_ambiguous` (with `readings`), and those of `due`.
- `due`: `due_missing`, `due_unknown`, `not_understood` (words behind the time of a move), and those of `due`.
- `who`, `to`, `cover`: `person_missing`; `who`: `who_behind_due`.
- `document`: `document_missing`, `document_unknown`, `document_words_missing`, `document_twice`.
- `by`: `by_missing`, `by_due_missing`, `by_twice`, and those of `due`. `reason`: `reason_missing`.
- `stage`: `stage_missing`, `stage_unknown`, `not_understood`.
- `note`: `note_missing`.
- `list`: `word_unknown`, `said_twice`.
- `digest`: `digest_unknown`, `clock_ambiguous`, `clock_impossible`, `not_understood`.
- `words`: `words_missing`. `name`: `name_missing`. `phone`: `phone_missing`, `phone_invalid`. `field`: `field_unknown`.
  `value`: `value_missing`.
- `act`: `act_unknown`. `role`: `role_not_said`, `role_unknown`, `role_or_team`. `channel`: `channel_unknown`.
  `date`: `until_missing`, `date_missing`, `date_only`, and those of `due`. `day`: `day_kind_unknown`.
  `hours`: `working_hours`, `working_days`, `overnight_hours`.
- `line`: `not_understood` (words behind a line that is complete).
"""
