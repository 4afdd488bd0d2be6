"""ESG and climate sources, one adapter each; `di_data.esg.table` makes tables of measures of what they give."""
