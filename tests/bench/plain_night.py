#!/usr/bin/env python3
"""The night as an analyst would write it in an afternoon: pandas, hmac, Splink on clear text, to_sql.

    plain_night.py AREA KEY RESULTS DATABASE...

Reads the CSV files of a made-up area (the census sets, submissions to the two NHS data sets, the flat CSV lists of
notices and reviews), links the people in them, replaces NHS numbers and UPNs by keyed hashes, and writes child level
tables to each database in turn: a SQLAlchemy URL, written with to_sql, or such a URL after "copy:", written with COPY.
Seconds by stage go to RESULTS as lines of JSON.

It keeps no vault, ledger or quarantine, checks no identifier, writes no report, keeps no child id from night to night,
and does not read the XLSX, JSON and XML feeds. It is what sendlink is measured against, and no part of it.
"""

import hashlib
import hmac
import io
import json
import sys
import time
import tomllib
from pathlib import Path

import pandas as pd
import splink.comparison_library as cl
import sqlalchemy
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

AREA, KEY, RESULTS, *DATABASES = sys.argv[1:]
INCOMING = Path(AREA) / "incoming"
ASQ = tomllib.loads((Path(__file__).parents[2] / "mappings/assessments/asq.toml").read_text(encoding="utf-8"))["asq3"]
DOMAINS = ["communication", "gross_motor", "fine_motor", "problem_solving", "personal_social"]

clock = time.perf_counter()


def stage_ends(stage, **more):
    global clock
    now = time.perf_counter()
    with open(RESULTS, "a", encoding="utf-8") as results:
        results.write(json.dumps({"what": "plain-stage", "stage": stage, "seconds": now - clock, **more}) + "\n")
    clock = now


# --- Read ---------------------------------------------------------------------------------------------------------


def read(path, columns):
    return pd.read_csv(path, dtype=str, usecols=lambda column: column in columns).reindex(columns=columns)


def table(folder, name, columns):
    """The table of a set whose file has this name, or ends in it."""
    path = next(iter(sorted(folder.glob(f"{name}_*.csv")) or sorted(folder.glob(f"*_{name}.csv"))), None)
    return read(path, columns) if path else pd.DataFrame(columns=columns, dtype=str)


def census():
    pupils, needs = [], []
    for folder in sorted((INCOMING / "school-census").iterdir()):
        schools = table(folder, "schoolcensus", ["schoolcensustableid", "NativeId", "term", "year", "referencedate"])
        term = schools["term"].map({"SPR": "spring", "SUM": "summer", "AUT": "autumn"})
        schools["census"] = schools["year"] + "-" + term
        schools = schools.rename(columns={"NativeId": "school"})
        addresses = [
            table(folder, "addresses", ["pupilonrolltableid", "postcode"]),
            table(folder, "addressesonroll", ["pupilonrolltableid", "postcode"]),
            table(folder, "addressesoffroll", ["pupilnolongeronrolltableid", "postcode"]),
        ]
        for name, on_roll in (("pupilonroll", 1), ("pupilnolongeronroll", 0)):
            key = f"{name}tableid"
            people = ["forename", "surname", "dob", "sex", "upn", "ethnicity"]
            said = ["ncyearactual", "enrolstatus", "senprovision", "senunitindicator", "language"]
            frame = table(folder, name, [key, "schoolcensustableid", *people, *said])
            lives = pd.concat([address[[key, "postcode"]] for address in addresses if key in address])
            frame = frame.merge(lives.dropna().drop_duplicates(key), on=key, how="left")
            frame = frame.merge(schools, on="schoolcensustableid", how="left")
            frame["on_roll"] = on_roll
            frame["row"] = frame[key]
            pupils.append(frame.drop(columns=key))
        needs.append(table(folder, "senneeds", ["pupilonrolltableid", "sentype", "sentyperank"]))
    pupils = pd.concat(pupils, ignore_index=True)
    pupils["birth_date"] = pd.to_datetime(pupils["dob"].str[:11], format="%Y-%b-%d", errors="coerce")
    pupils["record"] = "census/" + pupils["census"] + "/" + pupils["school"] + "/" + pupils["upn"].fillna(pupils["row"])
    pupils = pupils.sort_values("on_roll", ascending=False).drop_duplicates("record")
    needs = pd.concat(needs, ignore_index=True).rename(columns={"pupilonrolltableid": "row"})
    return pupils, needs.merge(pupils[["row", "record"]], on="row")


def months(folder):
    """Submissions to an NHS data set: the last of each month."""
    latest = {}
    for path in sorted(folder.iterdir()):
        latest[path.name[:7]] = path  # "primary" comes before "refresh"
    return latest.values()


def reviews():
    frames = []
    domains = {form[domain]: domain for form in ASQ.values() for domain in DOMAINS}
    for folder in months(INCOMING / "two-year-review/R9K"):
        activities = table(folder, "CYP202CareActivity", ["CareActivityID", "CareContactID", "Activity_Type"])
        activities = activities[activities["Activity_Type"] == "11"]
        contacts = table(folder, "CYP201CareContact", ["CareContactID", "ServiceRequestID", "Contact_Date"])
        referrals = table(folder, "CYP101Referral", ["ServiceRequestID", "LocalPatientID"])
        people = ["LocalPatientID", "NHSNumber", "DateOfBirth", "Postcode", "Gender", "EthnicCategory"]
        scores = table(folder, "CYP612CodedAssessmentContact", ["CareActivityID", "SNOMED_ID", "Score"])
        scores["domain"] = scores["SNOMED_ID"].map(domains)
        scores = scores.dropna().drop_duplicates(["CareActivityID", "domain"])
        scores = scores.pivot(index="CareActivityID", columns="domain", values="Score").reset_index()
        frame = activities.merge(contacts, on="CareContactID").merge(referrals, on="ServiceRequestID")
        frame = frame.merge(table(folder, "CYP001MPI", people), on="LocalPatientID")
        frames.append(frame.merge(scores, on="CareActivityID", how="left"))
    frame = pd.concat(frames, ignore_index=True).drop_duplicates("CareContactID", keep="last")
    frame = frame.rename(
        columns={"NHSNumber": "nhs_number", "Postcode": "postcode", "Gender": "sex", "EthnicCategory": "ethnicity"}
    )
    frame["birth_date"] = pd.to_datetime(frame["DateOfBirth"], format="%Y-%m-%d", errors="coerce")
    frame["review_date"] = pd.to_datetime(frame["Contact_Date"], format="%Y-%m-%d", errors="coerce")
    frame["record"] = "review/R9K/" + frame["CareContactID"]

    columns = {
        "Contact ID": "id", "Record status": "status", "Contact date": "seen", "NHS number": "nhs_number",
        "Surname": "surname", "Forename": "forename", "Date of birth": "dob", "Sex": "sex",
        "Ethnic category": "ethnicity", "Postcode": "postcode", "ASQ-3 communication": "communication",
        "ASQ-3 gross motor": "gross_motor", "ASQ-3 fine motor": "fine_motor",
        "ASQ-3 problem solving": "problem_solving", "ASQ-3 personal-social": "personal_social",
    }  # fmt: skip
    flat = [read(path, list(columns)) for path in sorted((INCOMING / "two-year-review/N9V").glob("*.csv"))]
    flat = pd.concat(flat, ignore_index=True).rename(columns=columns).drop_duplicates("id", keep="last")
    flat = flat[flat["status"] != "Deleted"].copy()
    flat["birth_date"] = pd.to_datetime(flat["dob"], format="%d/%m/%Y", errors="coerce")
    flat["review_date"] = pd.to_datetime(flat["seen"], format="%d/%m/%Y", errors="coerce")
    flat["record"] = "review/N9V/" + flat["id"]
    return pd.concat([frame, flat], ignore_index=True)


def notices():
    portal = {
        "Submission ID": "id", "Type of submission": "action", "If correcting, original submission ID": "replaces",
        "Date opinion formed": "opinion", "NHS number": "nhs_number", "Child's surname": "surname",
        "Child's first name": "forename", "Child's date of birth": "dob", "Sex": "sex", "Ethnicity": "ethnicity",
        "Postcode": "postcode", "Main area of need": "primary_need",
    }  # fmt: skip
    api = {
        "notification_id": "id", "action": "action", "replaces_notification_id": "replaces",
        "opinion_date": "opinion", "nhs_number": "nhs_number", "family_name": "surname", "given_name": "forename",
        "birth_date": "dob", "sex": "sex", "ethnic_category": "ethnicity", "postcode": "postcode",
        "primary_need": "primary_need",
    }  # fmt: skip
    frames = []
    for provider, columns, form in (("R9M", portal, "%d/%m/%Y"), ("N9V", api, "%Y-%m-%d")):
        frame = [read(path, list(columns)) for path in sorted((INCOMING / "section23" / provider).glob("*.csv"))]
        if not frame:
            continue
        frame = pd.concat(frame, ignore_index=True).rename(columns=columns).drop_duplicates("id", keep="last")
        frame = frame[~frame["id"].isin(frame["replaces"].dropna())]
        frame = frame[~frame["action"].isin(["WITHDRAW", "Withdrawal"])].copy()
        frame["birth_date"] = pd.to_datetime(frame["dob"], format=form, errors="coerce")
        frame["opinion_date"] = pd.to_datetime(frame["opinion"], format=form, errors="coerce")
        frame["provider"] = provider
        frame["record"] = f"notice/{provider}/" + frame["id"]
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def pregnancies():
    mothers, babies = [], []
    for folder in months(INCOMING / "pregnancy/R9M"):
        mother = table(
            folder, "MSD001MotherDemog", ["LPIDMother", "NHSNumberMother", "PersonBirthDateMother", "Postcode"]
        )
        booking = ["PregnancyID", "LPIDMother", "AntenatalAppDate", "EDDAgreed", "ComplexSocialFactorsInd"]
        booking = table(folder, "MSD101PregnancyBooking", booking)
        scan = table(folder, "MSD103DatingScan", ["PregnancyID", "NoFetusesDatingUltrasound"])
        frame = booking.merge(mother.drop_duplicates("LPIDMother"), on="LPIDMother", how="left")
        mothers.append(frame.merge(scan.drop_duplicates("PregnancyID"), on="PregnancyID", how="left"))
        baby = ["LPIDBaby", "LabourDeliveryID", "NHSNumberBaby", "PersonBirthDateBaby", "PregOutcome", "PersonPhenSex"]
        baby = table(folder, "MSD401BabyDemographics", [*baby, "EthnicCategoryBaby", "GestationLengthBirth"])
        baby = baby.merge(
            table(folder, "MSD301LabourDelivery", ["LabourDeliveryID", "PregnancyID"]), on="LabourDeliveryID"
        )
        babies.append(baby.merge(frame[["PregnancyID", "Postcode", "NHSNumberMother"]], on="PregnancyID", how="left"))
    mothers = pd.concat(mothers, ignore_index=True).drop_duplicates("PregnancyID", keep="last")
    babies = pd.concat(babies, ignore_index=True).drop_duplicates("LPIDBaby", keep="last")
    babies = babies.rename(
        columns={
            "NHSNumberBaby": "nhs_number",
            "Postcode": "postcode",
            "PersonPhenSex": "sex",
            "EthnicCategoryBaby": "ethnicity",
        }  # fmt: skip
    )
    babies["birth_date"] = pd.to_datetime(babies["PersonBirthDateBaby"], format="%Y-%m-%d", errors="coerce")
    babies["record"] = "birth/R9M/" + babies["LPIDBaby"]
    mothers["record"] = "pregnancy/R9M/" + mothers["PregnancyID"]
    return mothers, babies


# --- Link ---------------------------------------------------------------------------------------------------------

IDENTIFYING = ["nhs_number", "upn", "forename", "surname", "birth_date", "sex", "postcode"]


def tidy(frame):
    """The identifying columns of a feed, written alike."""
    people = frame.reindex(columns=["record", *IDENTIFYING])
    text = [column for column in people if column != "birth_date"]
    people[text] = people[text].astype("str")  # a column that a feed does not have is of numbers
    people["nhs_number"] = people["nhs_number"].str.replace(r"\D", "", regex=True)
    people["nhs_number"] = people["nhs_number"].where(people["nhs_number"].str.len() == 10)
    for name in ("forename", "surname"):
        people[name] = people[name].str.upper().str.replace(r"[^A-Z]", "", regex=True)
    postcode = people["postcode"].str.upper().str.replace(" ", "")
    people["postcode"] = (postcode.str[:-3] + " " + postcode.str[-3:]).where(~postcode.str.startswith("ZZ99", na=True))
    people["sex"] = people["sex"].map(
        {"1": "M", "M": "M", "Male": "M", "Boy": "M", "2": "F", "F": "F", "Female": "F", "Girl": "F"}
    )
    people["birth_date"] = people["birth_date"].dt.strftime("%Y-%m-%d")
    return people


def link(people):
    """A child for each record: people who are written alike are one before Splink sees them."""
    people["unique_id"] = people.groupby(IDENTIFYING, dropna=False).ngroup()
    distinct = people.drop_duplicates("unique_id")[["unique_id", *IDENTIFYING]]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.ExactMatch("nhs_number"),
            cl.ExactMatch("upn"),
            cl.NameComparison("forename"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.ExactMatch("sex"),
            cl.PostcodeComparison("postcode"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("nhs_number"),
            block_on("upn"),
            block_on("birth_date", "surname"),
            block_on("birth_date", "postcode"),
            block_on("forename", "surname", "postcode"),
        ],
        retain_matching_columns=False,
    )
    database = DuckDBAPI()
    linker = Linker(database.register(distinct), settings, log_level="ERROR")
    linker.training.estimate_probability_two_random_records_match(
        [block_on("nhs_number"), block_on("upn"), block_on("forename", "surname", "birth_date", "postcode")], recall=0.8
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in (
        block_on("birth_date", "surname"),
        block_on("nhs_number"),
        block_on("upn"),
        block_on("forename", "postcode"),
    ):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0)
    pairs = linker.inference.predict(threshold_match_probability=0.95, warning_mode="never")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.95)
    clusters = clusters.as_pandas_dataframe()[["cluster_id", "unique_id"]]
    return people[["record", "unique_id"]].merge(clusters, on="unique_id")[["record", "cluster_id"]]


# --- Pseudonymise and write ---------------------------------------------------------------------------------------

secret = Path(KEY).read_bytes()


def token(values):
    """Keyed hashes of a column, each distinct value once."""
    distinct = {
        value: hmac.digest(secret, str(value).encode(), hashlib.sha256).hex()[:32] for value in values.dropna().unique()
    }
    return values.map(distinct)


def tables(pupils, needs, reviewed, noticed, mothers, babies, people, links):
    links = links.copy()
    links["child_id"] = token(links["cluster_id"])
    links["record_id"] = token(links["record"])
    child_of = links.set_index("record")["child_id"]
    people["child_id"] = people["record"].map(child_of)
    children = people.groupby("child_id", sort=True).agg(
        birth_month=("birth_date", "last"),
        sex=("sex", "last"),
        postcode=("postcode", "last"),
        nhs_number=("nhs_number", "last"),
        upn=("upn", "last"),
    )
    children = children.reset_index()
    children["birth_month"] = children["birth_month"].str[:7]
    children["postcode"] = children["postcode"].str[:-3]
    for identifier in ("nhs_number", "upn"):
        children[identifier] = token(children[identifier])

    def of(frame, columns):
        frame = frame[["record", *columns]].copy()
        frame.insert(0, "record_id", token(frame["record"]))
        frame.insert(1, "child_id", frame["record"].map(child_of))
        return frame.drop(columns="record")

    mothers = mothers.copy()
    mothers["mother_id"] = token(mothers["NHSNumberMother"])
    mothers["record_id"] = token(mothers["record"])
    for domain in DOMAINS:
        reviewed[domain] = pd.to_numeric(reviewed.get(domain), errors="coerce")
    return {
        "child": children,
        "school_record": of(
            pupils,
            ["census", "referencedate", "school", "ncyearactual", "on_roll", "enrolstatus", "senprovision",
             "senunitindicator", "language"],
        ),  # fmt: skip
        "school_need": of(needs, ["sentype", "sentyperank"]).drop(columns="child_id"),
        "two_year_review": of(reviewed, ["review_date", *DOMAINS]),
        "section23_notice": of(noticed, ["provider", "opinion_date", "primary_need"]),
        "pregnancy_notification": mothers[
            ["record_id", "mother_id", "AntenatalAppDate", "EDDAgreed", "NoFetusesDatingUltrasound",
             "ComplexSocialFactorsInd"]
        ],
        "birth": of(babies, ["PregOutcome", "GestationLengthBirth"]),
        "link": links[["record_id", "child_id"]],
    }  # fmt: skip


def write(name, frame, engine, by_copy):
    if not by_copy:
        frame.to_sql(name, engine, if_exists="replace", index=False, chunksize=10_000)
        return
    frame.head(0).to_sql(name, engine, if_exists="replace", index=False)
    text = io.StringIO()
    frame.to_csv(text, index=False, header=False)
    text.seek(0)
    connection = engine.raw_connection()
    connection.cursor().copy_expert(f'copy "{name}" from stdin with (format csv)', text)
    connection.commit()
    connection.close()


def main():
    pupils, needs = census()
    reviewed, noticed = reviews(), notices()
    mothers, babies = pregnancies()
    stage_ends("read")
    people = pd.concat([tidy(frame) for frame in (pupils, reviewed, noticed, babies)], ignore_index=True)
    links = link(people)
    stage_ends("link")
    published = tables(pupils, needs, reviewed, noticed, mothers, babies, people, links)
    records = len(people) + len(mothers)
    stage_ends("pseudonymise", records=records, children=int(links["cluster_id"].nunique()))
    for database in DATABASES:
        engine = sqlalchemy.create_engine(database.removeprefix("copy:"))
        for name, frame in published.items():
            write(name, frame, engine, database.startswith("copy:"))
        engine.dispose()
        way = "COPY" if database.startswith("copy:") else "to_sql"
        stage_ends(f"write to {'SQLite' if 'sqlite' in database else 'PostgreSQL'} by {way}")


main()
