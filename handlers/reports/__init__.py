"""Reports: documents with headings, paragraphs and tables, as PDF and as a page that needs nothing else."""
