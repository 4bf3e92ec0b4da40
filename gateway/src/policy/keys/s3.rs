//! What a request to S3 answers to each condition key.
