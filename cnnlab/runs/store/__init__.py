"""What is stored about runs: the database, the files, and the rules for both."""
