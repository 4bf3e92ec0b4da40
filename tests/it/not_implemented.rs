//! Every operation of S3 that is not implemented says so, in S3's words, and stores nothing.
