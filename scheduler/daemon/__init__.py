"""The daemon: due times from history, one leader, jobs whose every due time leaves a row."""
