CREATE TABLE public.action (
    action_id text NOT NULL,
    run_id text NOT NULL,
    seq integer NOT NULL,
    plan_sha text NOT NULL,
    op text NOT NULL,
    addr text NOT NULL,
    moniker text NOT NULL,
    natural_key text NOT NULL,
    remote_id text,
    segment text,
    items text NOT NULL,
    wanted text NOT NULL,
    pre_fp text,
    source text,
    protect boolean NOT NULL,
    retain boolean NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    epoch bigint NOT NULL,
    updated double precision NOT NULL,
    estate text NOT NULL
);
CREATE TABLE public.estate (
    lineage text NOT NULL,
    name text NOT NULL,
    serial bigint NOT NULL
);
CREATE TABLE public.fact (
    id integer NOT NULL,
    action_id text NOT NULL,
    attempt integer NOT NULL,
    epoch bigint NOT NULL,
    what text NOT NULL,
    http_status integer,
    remote_id text,
    at text NOT NULL,
    prev_sha text NOT NULL,
    sha text NOT NULL
);
CREATE SEQUENCE public.fact_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.fact_id_seq OWNED BY public.fact.id;
CREATE TABLE public.lock (
    scope text NOT NULL,
    epoch bigint NOT NULL,
    holder text,
    run_id text,
    lease_until double precision NOT NULL,
    drain_until double precision NOT NULL,
    host text,
    pid integer,
    since text
);
CREATE TABLE public.meta (
    key text NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.plan_ledger (
    plan_sha text NOT NULL,
    state text NOT NULL,
    first_run text NOT NULL,
    last_run text NOT NULL,
    estate text NOT NULL
);
CREATE TABLE public.resource (
    addr text NOT NULL,
    kind text NOT NULL,
    remote_id text NOT NULL,
    moniker text NOT NULL,
    origin text NOT NULL,
    protect boolean NOT NULL,
    retain boolean NOT NULL,
    source text,
    row_version integer NOT NULL,
    last_applied text NOT NULL,
    secret_hmacs text NOT NULL,
    by_action text,
    epoch bigint NOT NULL,
    estate text NOT NULL
);
CREATE TABLE public.run (
    run_id text NOT NULL,
    plan_sha text NOT NULL,
    epoch bigint NOT NULL,
    tool_version text NOT NULL,
    actor text NOT NULL,
    started text NOT NULL,
    ended text,
    result text,
    estate text NOT NULL
);
CREATE TABLE public.sim (
    iccid text NOT NULL,
    remote_id text,
    group_addr text,
    desired text,
    status text NOT NULL,
    last_fp text,
    row_version integer NOT NULL,
    by_action text,
    estate text NOT NULL
);
ALTER TABLE ONLY public.fact ALTER COLUMN id SET DEFAULT nextval('public.fact_id_seq'::regclass);
INSERT INTO public.action VALUES ('a1', 'run-1', 1, 'sha256:one', 'create', 'VSlice/fleet-net', 'fleet-net', 'VSlice:fleet-net', NULL, NULL, '[]', '{"displayName":"Flöte"}', NULL, NULL, false, false, 'done', 1, 1, 1800000000, 'id-0');
INSERT INTO public.action VALUES ('a2', 'run-1', 2, 'sha256:one', 'create', 'VSlice/other-net', 'other-net', 'VSlice:other-net', NULL, NULL, '[]', '{}', NULL, NULL, false, false, 'void', 1, 1, 1800000000, 'id-0');
INSERT INTO public.action VALUES ('a3', 'run-1', 3, 'sha256:one', 'add', 'VSlice/fleet-net', 'fleet-net', 'VSlice:fleet-net', NULL, 'entries', '[["GBR",2145],[null,null]]', '{}', NULL, NULL, false, false, 'intent', 1, 1, 1800000000, 'id-0');
INSERT INTO public.estate VALUES ('id-0', 'estate', 1);
INSERT INTO public.fact VALUES (1, 'a1', 1, 1, 'done', 200, 'r1', '2027-01-15T08:00:00Z', '', '8f0228857ccf972ede8722cc4e5ab758980241a6be5bb43844b2536f2b5fae1e');
INSERT INTO public.fact VALUES (2, 'a3', 1, 1, 'no answer', NULL, NULL, '2027-01-15T08:00:00Z', '8f0228857ccf972ede8722cc4e5ab758980241a6be5bb43844b2536f2b5fae1e', 'dabfb2b3bcac634bca40337ab8cb18e1b9b84a8219fc0350ca7cf590d61c87c7');
INSERT INTO public.lock VALUES ('estate', 1, NULL, NULL, 1800000000, 0, NULL, NULL, '2027-01-15T08:00:00Z');
INSERT INTO public.meta VALUES ('schema_version', '2');
INSERT INTO public.meta VALUES ('lineage', 'id-0');
INSERT INTO public.meta VALUES ('hmac_key', '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
INSERT INTO public.meta VALUES ('api_origin', 'https://platform.example/api/v1');
INSERT INTO public.meta VALUES ('account_id', 'customer-1');
INSERT INTO public.plan_ledger VALUES ('sha256:one', 'started', 'run-1', 'run-1', 'id-0');
INSERT INTO public.resource VALUES ('VSlice/fleet-net', 'VSlice', 'r1', 'fleet-net', 'created', true, false, 'estate/fleet.yaml:3:1', 1, '{"displayName":"Flöte"}', '{"psk":"hmac-sha256:00"}', 'a1', 1, 'id-0');
INSERT INTO public.run VALUES ('run-1', 'sha256:one', 1, '0.1.0', 'somebody', '2027-01-15T08:00:00Z', '2027-01-15T08:00:00Z', 'apply: exit 7', 'id-0');
SELECT pg_catalog.setval('public.fact_id_seq', 2, true);
ALTER TABLE ONLY public.action
    ADD CONSTRAINT action_pkey PRIMARY KEY (action_id);
ALTER TABLE ONLY public.estate
    ADD CONSTRAINT estate_name_key UNIQUE (name);
ALTER TABLE ONLY public.estate
    ADD CONSTRAINT estate_pkey PRIMARY KEY (lineage);
ALTER TABLE ONLY public.fact
    ADD CONSTRAINT fact_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lock
    ADD CONSTRAINT lock_pkey PRIMARY KEY (scope);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.plan_ledger
    ADD CONSTRAINT plan_ledger_pkey PRIMARY KEY (plan_sha, estate);
ALTER TABLE ONLY public.resource
    ADD CONSTRAINT resource_kind_remote_id_key UNIQUE (kind, remote_id);
ALTER TABLE ONLY public.resource
    ADD CONSTRAINT resource_pkey PRIMARY KEY (addr, estate);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.sim
    ADD CONSTRAINT sim_pkey PRIMARY KEY (iccid);
CREATE INDEX action_by_natural_key ON public.action USING btree (natural_key);
CREATE INDEX action_by_plan ON public.action USING btree (plan_sha);
CREATE INDEX action_by_state ON public.action USING btree (state);
