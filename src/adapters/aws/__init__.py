"""One module an AWS service or table."""
