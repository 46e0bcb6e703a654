"""One message for each change to everyone who wants to know: by e-mail or webhook."""
