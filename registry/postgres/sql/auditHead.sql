SELECT id, hash FROM audit_head;
