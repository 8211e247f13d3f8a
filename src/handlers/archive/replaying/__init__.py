"""What one part of a replay's plan takes."""
