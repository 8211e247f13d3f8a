"""What `notification_scheduler` does with one window, step by step."""
