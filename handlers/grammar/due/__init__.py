"""Due times in Chinese and English: a small library of its own; `reading` is its way in."""
