"""What people and programs are told of runs left alone: in the browser, by e-mail, by webhooks."""
