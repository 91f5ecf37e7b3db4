"""What `hotline doctor` looks at: functions that return what is right in a few words, and raise `verdict.Wrong` or `verdict.Doubtful`."""
