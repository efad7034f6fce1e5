"""Google Cloud in hrmsops's words; nothing else imports Google's libraries."""
