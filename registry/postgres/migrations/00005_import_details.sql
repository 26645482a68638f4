-- +goose Up

-- What whoever imported a certificate entered besides identifiers (a specialist's name
-- and class, a trade's codes), as JSON under identity.key: for staff to judge by.
CREATE TABLE import_details (
    registration bigint NOT NULL CONSTRAINT import_details_once PRIMARY KEY
                        CONSTRAINT import_details_registration REFERENCES registrations,
    sealed       bytea  NOT NULL
);
