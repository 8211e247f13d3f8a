"""What sends reminders: messages of the outbox taken up, paced, called for and written down, text by text and mail by mail."""
