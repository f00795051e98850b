"""The commands of `loandesk`, a module per group: what is typed. `bot/commands` does it."""
