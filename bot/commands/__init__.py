"""Commands of `loandesk`, one module each: what the command does and what it prints."""
