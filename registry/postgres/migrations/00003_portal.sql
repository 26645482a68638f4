-- What the registration portal keeps: accounts, sessions, what is pending and why, mail;
-- and the audit log as a chain.

-- +goose Up

-- The account of a party that registered through the portal. Its name is one of the
-- party's identifiers, of kind account.
CREATE TABLE accounts (
    party       text        NOT NULL CONSTRAINT accounts_one_per_party PRIMARY KEY
                            CONSTRAINT accounts_party REFERENCES parties,
    category    text        NOT NULL CONSTRAINT accounts_category_legal CHECK (category IN ('person', 'company')),
    attribute   text        NOT NULL CONSTRAINT accounts_attribute_legal CHECK (attribute ~ '^[a-z_]{1,32}$'),
    language    text        NOT NULL CONSTRAINT accounts_language_legal CHECK (language IN ('zh', 'en')),
    -- JSON under identity.key; none of a legacy account until its holder enters it.
    profile     bytea,
    -- argon2id in the PHC string format; none where no password was set.
    password    text        CONSTRAINT accounts_password_hashed CHECK (password LIKE '$argon2id$%'),
    password_at timestamptz,
    legacy      boolean     NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- People who work for the operator. They log in by card.
CREATE TABLE operators (
    name        text        NOT NULL CONSTRAINT operators_name PRIMARY KEY
                            CONSTRAINT operators_name_legal CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    fingerprint bytea       NOT NULL CONSTRAINT operators_one_per_certificate UNIQUE
                            CONSTRAINT operators_certificate REFERENCES certificates,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE sessions (
    -- SHA-256 of the token in the browser's cookie.
    id          bytea       NOT NULL CONSTRAINT sessions_id PRIMARY KEY,
    party       text        CONSTRAINT sessions_party REFERENCES parties,
    operator    text        CONSTRAINT sessions_operator REFERENCES operators ON DELETE CASCADE,
    strength    text        NOT NULL DEFAULT '' CONSTRAINT sessions_strength_legal CHECK (strength IN ('', 'certificate', 'password')),
    fingerprint bytea       CONSTRAINT sessions_certificate REFERENCES certificates,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    CONSTRAINT sessions_id_size CHECK (octet_length(id) = 32),
    CONSTRAINT sessions_of_one CHECK (
        CASE strength WHEN '' THEN party IS NULL AND operator IS NULL
                      ELSE (party IS NULL) <> (operator IS NULL) END),
    CONSTRAINT sessions_by_certificate CHECK ((strength = 'certificate') = (fingerprint IS NOT NULL)),
    CONSTRAINT sessions_operators_by_card CHECK (operator IS NULL OR strength = 'certificate')
);
CREATE INDEX sessions_by_party ON sessions (party);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- What was entered so far, under identity.key; gone with its session.
CREATE TABLE drafts (
    session bytea NOT NULL CONSTRAINT drafts_session REFERENCES sessions ON DELETE CASCADE,
    flow    text  NOT NULL,
    sealed  bytea NOT NULL,
    CONSTRAINT drafts_one_per_flow PRIMARY KEY (session, flow)
);

CREATE TABLE challenges (
    -- SHA-256 of the nonce.
    nonce      bytea       NOT NULL CONSTRAINT challenges_nonce PRIMARY KEY,
    session    bytea       NOT NULL CONSTRAINT challenges_session REFERENCES sessions ON DELETE CASCADE,
    purpose    text        NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX challenges_by_session ON challenges (session);

-- Leaky buckets: what went in has drained by empty_at. The key is a keyed hash: it names
-- nobody.
CREATE TABLE throttles (
    key      bytea       NOT NULL CONSTRAINT throttles_key PRIMARY KEY,
    empty_at timestamptz NOT NULL
);
CREATE INDEX throttles_by_emptiness ON throttles (empty_at);

CREATE TABLE password_resets (
    -- SHA-256 of the token in the mail; none before staff approved it.
    token      bytea       CONSTRAINT password_resets_token UNIQUE,
    id         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT password_resets_id PRIMARY KEY,
    party      text        NOT NULL CONSTRAINT password_resets_account REFERENCES accounts,
    -- A legacy account without a password takes more than a mail.
    for_staff  boolean     NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT password_resets_token_or_staff CHECK (for_staff OR token IS NOT NULL)
);
CREATE INDEX password_resets_by_party ON password_resets (party);

CREATE TABLE outbox (
    id         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_id PRIMARY KEY,
    -- Recipient, subject and text under identity.key; gone once sent.
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts   int         NOT NULL DEFAULT 0
);
CREATE INDEX outbox_by_due ON outbox (due_at);

-- Which notice of its certificate's expiry a registration's party was sent.
CREATE TABLE notices (
    registration bigint      NOT NULL CONSTRAINT notices_registration REFERENCES registrations,
    days         int         NOT NULL,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT notices_once PRIMARY KEY (registration, days)
);

-- Why a registration is pending, and whether its key was shown to be held.
CREATE TABLE pending_bindings (
    registration bigint NOT NULL CONSTRAINT pending_bindings_once PRIMARY KEY
                        CONSTRAINT pending_bindings_registration REFERENCES registrations,
    missing      text[] NOT NULL,
    proved_at    timestamptz
);

-- Identifiers that were stated and that nothing proves: they bind nobody, and keep
-- nobody from stating the same.
CREATE TABLE identifier_claims (
    party      text        NOT NULL CONSTRAINT identifier_claims_party REFERENCES parties,
    lookup     bytea       NOT NULL,
    kind       text        NOT NULL,
    shown      text,
    sealed     bytea,
    claimed_by text        NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT identifier_claims_once PRIMARY KEY (party, lookup),
    CONSTRAINT identifier_claims_lookup_size CHECK (octet_length(lookup) = 32),
    CONSTRAINT identifier_claims_kind_legal CHECK (kind IN ('account', 'ubn', 'national', 'box', 'specialist')),
    CONSTRAINT identifier_claims_national_sealed CHECK (
        CASE kind WHEN 'national' THEN sealed IS NOT NULL AND shown IS NULL
                  ELSE sealed IS NULL AND shown IS NOT NULL END)
);
CREATE INDEX identifier_claims_by_lookup ON identifier_claims (lookup);

-- Why a certificate was revoked: a CRLReason of RFC 5280 5.3.1.
ALTER TABLE revocations ADD COLUMN reason text NOT NULL DEFAULT 'unspecified'
    CONSTRAINT revocations_reason_legal CHECK (reason IN (
        'unspecified', 'keyCompromise', 'cACompromise', 'affiliationChanged', 'superseded',
        'cessationOfOperation', 'privilegeWithdrawn', 'aACompromise'));

-- Sealing anew under another key changes nothing that a cache holds.
DROP TRIGGER identifiers_versioned ON identifiers;
CREATE TRIGGER identifiers_versioned BEFORE INSERT OR DELETE OR TRUNCATE OR UPDATE OF lookup, party, kind, shown, created_at ON identifiers
    FOR EACH STATEMENT EXECUTE FUNCTION require_tick();

-- The audit log becomes a chain: each entry holds the hash of the one before. Entries
-- are numbered without gaps, in the order of their chain. What changes no version of
-- the registry (a login, a query) is noted too.
ALTER TABLE audit_log ALTER COLUMN version DROP NOT NULL;
ALTER TABLE audit_log ALTER COLUMN id DROP IDENTITY;
ALTER TABLE audit_log
    ADD COLUMN detail   text NOT NULL DEFAULT '',
    ADD COLUMN previous bytea,
    ADD COLUMN hash     bytea,
    ADD CONSTRAINT audit_log_action_legal CHECK (action ~ '^[a-z_]{1,40}$'),
    ADD CONSTRAINT audit_log_party_opaque CHECK (party ~ '^P-[A-Z2-7]{16}$'),
    ADD CONSTRAINT audit_log_detail_impersonal CHECK (detail ~ '^[A-Za-z0-9 ._:/=,+-]{0,200}$');

-- The chain's end. Only the trigger's owner needs any right to it.
CREATE TABLE audit_head (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT audit_head_one_row CHECK (only_row),
    id       bigint NOT NULL,
    hash     bytea  NOT NULL CONSTRAINT audit_head_hash_size CHECK (octet_length(hash) = 32)
);
INSERT INTO audit_head (id, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- The hash covers lines that no field can break, since none may hold a line end.
-- registry.AuditEntry.Sum computes the same.
-- +goose StatementBegin
CREATE FUNCTION audit_hash(entry audit_log) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(concat_ws(E'\n', 'turnkey-audit-v1', entry.id,
        to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        entry.actor, entry.action, coalesce(entry.party, ''), coalesce(encode(entry.fingerprint, 'hex'), ''),
        coalesce(entry.version::text, ''), entry.detail, encode(entry.previous, 'hex')), 'UTF8'))
$$;
-- +goose StatementEnd

-- Numbers and links an entry. The lock on the head makes entries wait for each other
-- until their transactions end, so that the chain is the order of commits; whoever also
-- ticks the registry clock ticks it first.
-- +goose StatementBegin
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    head audit_head;
BEGIN
    SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
    NEW.id := head.id + 1;
    NEW.at := clock_timestamp();
    NEW.previous := head.hash;
    NEW.hash := audit_hash(NEW);
    UPDATE audit_head SET id = NEW.id, hash = NEW.hash;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- What was noted before is linked as it stands, in its order.
ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only;
-- +goose StatementBegin
DO $$
DECLARE
    head audit_head;
    entry audit_log;
BEGIN
    SELECT * INTO STRICT head FROM audit_head;
    FOR entry IN SELECT * FROM audit_log ORDER BY id LOOP
        UPDATE audit_log SET id = head.id + 1, previous = head.hash WHERE id = entry.id RETURNING * INTO entry;
        head.id := entry.id;
        head.hash := audit_hash(entry);
        UPDATE audit_log SET hash = head.hash WHERE id = entry.id;
    END LOOP;
    UPDATE audit_head SET id = head.id, hash = head.hash;
END $$;
-- +goose StatementEnd
ALTER TABLE audit_log ENABLE TRIGGER audit_log_append_only;
ALTER TABLE audit_log
    ALTER COLUMN previous SET NOT NULL,
    ALTER COLUMN hash SET NOT NULL;
CREATE TRIGGER audit_chained BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_chain();
