"""The vault: AES-256-GCM envelopes, data keys under a ring of key-encryption keys, the root secret."""
