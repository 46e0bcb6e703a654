"""One message for each change to each who wants to know: by e-mail or webhook."""
