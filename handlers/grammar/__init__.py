"""The grammars of the commands: a line is understood as a whole or refused.

Each command has a module with `parse(line, now, zone)`, which returns a request or raises `Invalid`. `due` reads due times and
documents their codes. The params of a refusal are `part` (the part of the line), `given` (the text there as typed, empty if
there is none) and `nearest` (what may be typed instead, possibly nothing). The codes by part:

- `loan`: `loan_missing`.
- `outcome`: `outcome_missing`, `outcome_unknown`, `outcome_unclear` (`paid half`: words that change the meaning of the outcome).
- `next`: `next_due_missing`, `next_weekday_ambiguous` (with `readings`), and those of `due`.
- `due`: `due_missing`, `due_unknown`, `not_understood` (words after the due time of a move), and those of `due`.
- `who`, `to`, `cover`: `person_missing`; `who`: `who_behind_due`.
- `document`: `document_missing`, `document_unknown`, `document_words_missing`, `document_twice`, `document_each`.
- `by`: `by_missing`, `by_due_missing`, `by_twice`, and those of `due`. `reason`: `reason_missing`.
- `stage`: `stage_missing`, `stage_unknown`, `not_understood`.
- `note`: `note_missing`.
- `list`: `word_unknown`, `said_twice`, `list_of_loans`.
- `digest`: `digest_unknown`, `clock_ambiguous`, `clock_impossible`, `not_understood`.
- `words`: `words_missing`. `name`: `name_missing`. `phone`: `phone_missing`, `phone_invalid`, `phone_several`.
  `field`: `field_unknown`. `value`: `value_missing`.
- `act`: `act_unknown`. `role`: `role_not_said`, `role_unknown`. `channel`: `channel_unknown`,
  `channel_misplaced`. `date`: `until_missing`, `date_missing`, `date_only`, and those of `due`. `day`: `day_kind_unknown`.
  `hours`: `working_hours`, `working_days`, `overnight_hours`.
- `line`: `not_understood` (words after a complete line).
"""
