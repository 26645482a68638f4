-- +goose Up

-- The registry clock: one row. Whoever changes the registry first updates it, and so
-- holds its lock until commit: version order is commit order, and a reader of
-- "version > last" can't miss a late commit. (A sequence gives numbers in the order
-- of asking, not of committing.)
CREATE TABLE registry_clock (
    only_row  boolean PRIMARY KEY DEFAULT true CONSTRAINT registry_clock_one_row CHECK (only_row),
    version   bigint  NOT NULL CONSTRAINT registry_clock_version_legal CHECK (version >= 0),
    epoch     uuid    NOT NULL,
    -- The transaction that set this version. Other tables' triggers compare it with
    -- their own: no version, no change.
    ticked_in xid8    NOT NULL DEFAULT pg_current_xact_id()
);
INSERT INTO registry_clock (version, epoch) VALUES (0, gen_random_uuid());

CREATE TABLE parties (
    -- Opaque and random; appears in headers and logs, so never an identifier.
    id         text        NOT NULL CONSTRAINT parties_id PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT parties_id_opaque CHECK (id ~ '^P-[A-Z2-7]{16}$')
);

CREATE TABLE identifiers (
    -- HMAC-SHA-256 under lookup.key over kind, 0x00, normalised value.
    lookup     bytea       NOT NULL CONSTRAINT identifiers_one_party PRIMARY KEY,
    party      text        NOT NULL CONSTRAINT identifiers_party REFERENCES parties,
    kind       text        NOT NULL,
    shown      text,
    -- National ids only: AES-256-GCM under identity.key.
    sealed     bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT identifiers_lookup_size CHECK (octet_length(lookup) = 32),
    CONSTRAINT identifiers_kind_legal CHECK (kind IN ('account', 'ubn', 'national', 'box', 'specialist')),
    CONSTRAINT identifiers_national_sealed CHECK (
        CASE kind WHEN 'national' THEN sealed IS NOT NULL AND shown IS NULL
                  ELSE sealed IS NULL AND shown IS NOT NULL END)
);
CREATE INDEX identifiers_by_party ON identifiers (party);

CREATE TABLE certificates (
    fingerprint bytea       NOT NULL CONSTRAINT certificates_fingerprint PRIMARY KEY,
    der         bytea       NOT NULL,
    -- Copies of what the DER says, to be searched by.
    not_before  timestamptz NOT NULL,
    not_after   timestamptz NOT NULL,
    CONSTRAINT certificates_fingerprint_of_der CHECK (fingerprint = sha256(der)),
    CONSTRAINT certificates_period_valid CHECK (not_before <= not_after)
);

-- A certificate revoked is revoked for ever, for every party. Rows outlive their
-- certificates, and may come before them: a list kept elsewhere can be replayed after
-- a restore, and then refuses what was registered since the backup.
CREATE TABLE revocations (
    fingerprint bytea       NOT NULL CONSTRAINT revocations_fingerprint PRIMARY KEY,
    revoked_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT revocations_fingerprint_size CHECK (octet_length(fingerprint) = 32)
);

CREATE TABLE registrations (
    id            bigint      NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT registrations_id PRIMARY KEY,
    party         text        NOT NULL CONSTRAINT registrations_party REFERENCES parties,
    fingerprint   bytea       NOT NULL CONSTRAINT registrations_certificate REFERENCES certificates,
    usage         text        NOT NULL,
    kind          text        NOT NULL,
    medium        text        NOT NULL,
    -- 憑證使用類型, of signing registrations.
    usage_type    text,
    -- 主憑證
    is_main       boolean     NOT NULL DEFAULT false,
    state         text        NOT NULL,
    in_force      tstzrange   NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at      timestamptz,
    CONSTRAINT registrations_usage_legal CHECK (usage IN ('login', 'signing')),
    CONSTRAINT registrations_kind_legal CHECK (kind IN ('moica', 'moeaca', 'customs')),
    CONSTRAINT registrations_medium_legal CHECK (medium IN ('card', 'file')),
    CONSTRAINT registrations_usage_type_legal CHECK (
        CASE usage WHEN 'login' THEN usage_type IS NULL
                   ELSE usage_type IS NOT NULL AND usage_type IN (
                        'specialist', 'trader', 'carrier', 'warehouse', 'broker',
                        'island_shop', 'dutyfree_shop', 'airline') END),
    CONSTRAINT registrations_state_legal CHECK (
        state IN ('pending', 'in_force', 'superseded', 'withdrawn', 'revoked')),
    CONSTRAINT registrations_ended_when_over CHECK (
        (state IN ('withdrawn', 'revoked')) = (ended_at IS NOT NULL)),
    -- [from, until), until may be open.
    CONSTRAINT registrations_period_valid CHECK (
        NOT isempty(in_force) AND NOT lower_inf(in_force)
        AND lower_inc(in_force) AND NOT upper_inc(in_force)
        AND isfinite(lower(in_force)) AND (upper_inf(in_force) OR isfinite(upper(in_force)))),
    CONSTRAINT registrations_main_in_force CHECK (NOT is_main OR state = 'in_force')
);

-- One certificate has one live registration per party and usage.
CREATE UNIQUE INDEX registrations_one_live ON registrations (party, fingerprint, usage)
    WHERE state IN ('pending', 'in_force', 'superseded');

-- One main certificate per party and usage.
CREATE UNIQUE INDEX registrations_one_main ON registrations (party, usage) WHERE is_main;

CREATE INDEX registrations_by_party ON registrations (party);
CREATE INDEX registrations_by_fingerprint ON registrations (fingerprint);

-- A certificate that counts for one party can't count for another, whatever the usage.
-- (The extension comes with PostgreSQL's contrib modules and is a trusted one: the
-- database's owner may create it.)
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE registrations ADD CONSTRAINT registrations_one_holder
    EXCLUDE USING gist (fingerprint WITH =, party WITH <>)
    WHERE (state IN ('in_force', 'superseded'));

-- What caches must forget, in order.
CREATE TABLE registry_changes (
    version bigint      NOT NULL CONSTRAINT registry_changes_version PRIMARY KEY,
    epoch   uuid        NOT NULL,
    kind    text        NOT NULL,
    -- None for an epoch's beginning, and for the revocation of an unknown certificate.
    party   text        CONSTRAINT registry_changes_party REFERENCES parties,
    senders bytea[]     NOT NULL DEFAULT '{}',
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT registry_changes_kind_legal CHECK (kind IN (
        'party_created', 'identifier_added', 'registered', 'confirmed', 'withdrawn',
        'revoked', 'replaced', 'main_moved', 'epoch_begun'))
);

-- Who did what. No personal data: the actor is a role and a name that operators or the
-- portal chose, the party its opaque name.
CREATE TABLE audit_log (
    id          bigint      NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_log_id PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor       text        NOT NULL,
    action      text        NOT NULL,
    party       text,
    fingerprint bytea,
    version     bigint      NOT NULL CONSTRAINT audit_log_version REFERENCES registry_changes,
    CONSTRAINT audit_log_actor_impersonal CHECK (actor ~ '^[a-z]+:[A-Za-z0-9._-]{1,64}$')
);
CREATE INDEX audit_log_by_party ON audit_log (party, id);

-- The guards. Each raises under a constraint's name, as the constraints above do, so
-- that code maps all of them alike.

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('audit_log_append_only');
CREATE TRIGGER registry_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('registry_changes_append_only');
CREATE TRIGGER revocations_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON revocations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('revocations_for_ever');
CREATE TRIGGER certificates_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON certificates
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('certificates_immutable');
CREATE TRIGGER registrations_kept BEFORE DELETE OR TRUNCATE ON registrations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('registrations_kept');
CREATE TRIGGER registry_clock_kept BEFORE INSERT OR DELETE OR TRUNCATE ON registry_clock
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('registry_clock_kept');

-- No version, no change: the transaction must have ticked the clock before. As the
-- tick holds the clock's lock, such transactions also run one after another.
-- +goose StatementBegin
CREATE FUNCTION require_tick() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT ticked_in FROM registry_clock) IS DISTINCT FROM pg_current_xact_id() THEN
        RAISE EXCEPTION '% on % without a registry version', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'no_change_without_version', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER identifiers_versioned BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON identifiers
    FOR EACH STATEMENT EXECUTE FUNCTION require_tick();
CREATE TRIGGER registrations_versioned BEFORE INSERT OR UPDATE ON registrations
    FOR EACH STATEMENT EXECUTE FUNCTION require_tick();
CREATE TRIGGER revocations_versioned BEFORE INSERT ON revocations
    FOR EACH STATEMENT EXECUTE FUNCTION require_tick();

-- The clock steps by one, is stamped with its transaction, and each step has a row in
-- registry_changes by the time of commit: the versions there are dense.
-- +goose StatementBegin
CREATE FUNCTION check_tick() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'registry version % after %', NEW.version, OLD.version
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registry_clock_steps_by_one', TABLE = TG_TABLE_NAME;
    END IF;
    NEW.ticked_in := pg_current_xact_id();
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER registry_clock_steps_by_one BEFORE UPDATE ON registry_clock
    FOR EACH ROW EXECUTE FUNCTION check_tick();

-- +goose StatementBegin
CREATE FUNCTION check_tick_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM registry_changes WHERE version = NEW.version) THEN
        RAISE EXCEPTION 'registry version % has no change', NEW.version
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registry_clock_recorded', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER registry_clock_recorded AFTER UPDATE ON registry_clock
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_tick_recorded();

-- A change carries the version and epoch of the clock that its transaction ticked, and
-- is announced at commit.
-- +goose StatementBegin
CREATE FUNCTION check_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM registry_clock
                   WHERE version = NEW.version AND epoch = NEW.epoch AND ticked_in = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'change % is not at the registry clock', NEW.version
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registry_changes_dense', TABLE = TG_TABLE_NAME;
    END IF;
    PERFORM pg_notify('registry_changes', NEW.version::text);
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER registry_changes_dense BEFORE INSERT ON registry_changes
    FOR EACH ROW EXECUTE FUNCTION check_change();

-- States only move on, and nothing ever un-revokes. Who, what and for which usage is
-- fixed at registration.
-- +goose StatementBegin
CREATE FUNCTION check_registration() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    revoked boolean := EXISTS (SELECT FROM revocations WHERE fingerprint = NEW.fingerprint);
BEGIN
    IF revoked AND NEW.state <> 'revoked' THEN
        RAISE EXCEPTION 'the certificate was revoked'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registrations_never_unrevoked', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.state = 'revoked' AND NOT revoked THEN
        RAISE EXCEPTION 'no revocation of the certificate'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registrations_revoked_by_record', TABLE = TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'INSERT' THEN
        RETURN NEW;
    END IF;
    IF (OLD.id, OLD.party, OLD.fingerprint, OLD.usage, OLD.kind, OLD.medium, OLD.usage_type, OLD.registered_at)
       IS DISTINCT FROM
       (NEW.id, NEW.party, NEW.fingerprint, NEW.usage, NEW.kind, NEW.medium, NEW.usage_type, NEW.registered_at) THEN
        RAISE EXCEPTION 'registration % is of another certificate', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registrations_identity_fixed', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('pending', 'in_force'), ('pending', 'withdrawn'), ('pending', 'revoked'),
        ('in_force', 'superseded'), ('in_force', 'withdrawn'), ('in_force', 'revoked'),
        ('superseded', 'withdrawn'), ('superseded', 'revoked'),
        ('withdrawn', 'revoked')) THEN
        RAISE EXCEPTION 'a % registration can''t become %', OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registrations_states_move_on', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER registrations_checked BEFORE INSERT OR UPDATE ON registrations
    FOR EACH ROW EXECUTE FUNCTION check_registration();

-- A revocation ends every registration of its certificate at once, whoever wrote it.
-- +goose StatementBegin
CREATE FUNCTION apply_revocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE registrations SET state = 'revoked', is_main = false, ended_at = NEW.revoked_at
    WHERE fingerprint = NEW.fingerprint AND state <> 'revoked';
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER revocations_applied AFTER INSERT ON revocations
    FOR EACH ROW EXECUTE FUNCTION apply_revocation();
