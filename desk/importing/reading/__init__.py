"""A lender's file of any form, as a table: its sheet, its columns, and rows of cells as plain texts."""
