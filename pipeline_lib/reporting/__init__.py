"""Numbers as readers see them: tables, findings, the report."""
