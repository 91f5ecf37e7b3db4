"""What came while we were down: gateways that keep a log are asked for it."""
