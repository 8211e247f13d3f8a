"""What `notification_generator` does with one message, step by step."""
