"""Reports: values become tables, charts and pages for people; functions return text, never print or show."""
