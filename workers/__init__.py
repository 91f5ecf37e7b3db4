"""RQ workers: their jobs do the work that is due in the rows of the database."""
