//! Credentials: parsed VCDM 2.0, Open Badges 3.0, drafts and presentations.
