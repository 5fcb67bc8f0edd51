"""Numbers put before readers: tables, wording, typesetting."""
