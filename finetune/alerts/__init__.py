"""What people and programs are told of runs that they have left alone: browser, e-mail, webhooks."""
