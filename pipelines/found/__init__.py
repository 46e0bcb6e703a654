"""What an agency's file says of itself where nobody declared it, each answer with how sure it is."""
