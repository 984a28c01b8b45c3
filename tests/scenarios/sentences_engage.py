"""What Engage says about tiers, sentence by sentence, and what proves it: a scenario's title, or file::test."""

from typing import Final

_EDITS = "tests/tier/test_level_edits.py"
_POLICIES = "tests/rules/test_tier_policy_rules.py"
_PROPERTIES = "tests/tier/test_properties.py"
_REPORTS = "tests/tier/test_reports.py"
_REVISIONS = "tests/tier/test_revisions.py"
_UPDATES = "tests/tier/test_member_updates.py"

ENGAGE: Final[dict[str, tuple[str, ...]]] = {
    "The Tiers Module supports the ability to create up to five different tier systems.": (
        f"{_POLICIES}::test_five_systems_are_allowed_and_a_sixth_is_refused",
    ),
    "The color scheme of your new tier system will change as a visual aid.": (
        f"{_POLICIES}::test_a_colour_index_is_not_negative",
    ),
    "Name your tier system and assign it an external ID.": (
        f"{_POLICIES}::test_everything_has_an_id_and_a_name",
        f"{_POLICIES}::test_a_system_without_external_id_is_told_once",
    ),
    "The status can be toggled from Active to Inactive.": (
        "In a system that is switched off everybody earns once and nobody climbs",
        "A review that falls due while the system is off is passed over; the next anniversary holds one again",
        "Grace that ends while the system is off lapses: the level is kept",
    ),
    "Activating a tier system has no practical impact until customers have been associated with the system.": (
        f"{_POLICIES}::test_systems_may_be_added_and_change_places",
        "A member whose attribute names another system stands there at once, where what counts leads",
    ),
    "This association is done by adding a designated attribute to specific customer records.": (
        "A member whose attribute names another system stands there at once, where what counts leads",
        "Who has earned too little stands at the lowest level of the other system",
        "A member cannot join a system that there is not",
        f"{_UPDATES}::test_another_attribute_moves_the_member_at_once_and_is_told_by_two_moves",
    ),
    "In order to allow for A/B testing.": (
        "tests/tier/test_assignment.py::test_the_split_keeps_its_percentages",
        "tests/tier/test_assignment.py::test_what_a_run_records_is_what_its_preview_told",
    ),
    "If Enable Reset is not checked, the Next Reset and Repeats fields will not be available.": (
        f"{_POLICIES}::test_a_reset_belongs_to_reset_maintenance_only",
        f"{_POLICIES}::test_reset_maintenance_needs_a_date_and_a_cadence",
    ),
    "The platform user is prompted to name the tier level.": (
        f"{_POLICIES}::test_everything_has_an_id_and_a_name",
    ),
    "The multiplier defaults to 1.0 and can never be set lower.": (
        f"{_POLICIES}::test_multipliers_of_levels_and_properties_are_one_to_a_hundred",
        "tests/cli/test_program_rules_by_line.py::test_a_multiplier_that_is_left_out_is_one",
    ),
    "The maintenance point amount can never be more than the advancement point value.": (
        f"{_POLICIES}::test_maintenance_one_point_below_advancement_is_allowed_and_equal_to_it_refused",
    ),
    "The advancement field can never be left blank.": (
        f"{_POLICIES}::test_a_level_above_the_lowest_needs_a_way_in",
    ),
    "A list of participating properties can be viewed and managed.": (
        f"{_PROPERTIES}::test_an_edit_multiplies_what_is_recorded_from_now_on_and_dated_from_today_on",
    ),
    "Property-level multipliers can never be less than 1, and default to 1.": (
        f"{_PROPERTIES}::test_an_edit_is_refused",
        f"{_PROPERTIES}::test_a_multiplier_left_out_is_one",
    ),
    "Changes made to participating properties take place immediately and are not retroactive.": (
        f"{_PROPERTIES}::test_an_edit_multiplies_what_is_recorded_from_now_on_and_dated_from_today_on",
        f"{_PROPERTIES}::test_a_file_changes_a_multiplier_at_once_though_its_levels_wait",
    ),
    "Historical balance is not recalculated to reflect the change.": (
        f"{_PROPERTIES}::test_what_was_recorded_keeps_its_points_when_it_is_sent_again",
    ),
    "If bronze is 1.5 and the app multiplier 2, the effective multiplier is 3.": (
        f"{_PROPERTIES}::test_bronze_at_one_and_a_half_in_an_app_of_two_earns_threefold",
    ),
    "You must assign a time, a date and time range, for the changes to take place.": (
        f"{_REVISIONS}::test_values_of_a_range_hold_within_it_and_the_former_ones_after_it",
        f"{_REVISIONS}::test_a_range_that_was_cancelled_before_it_started_never_holds",
        f"{_REVISIONS}::test_overlapping_ranges_are_refused_and_nothing_is_written",
    ),
    "You can edit tier levels and tier system details at any time.": (
        f"{_EDITS}::test_a_level_inserted_below_a_member_leaves_the_member_standing_one_rank_higher",
        f"{_EDITS}::test_a_renamed_level_keeps_its_members_and_moves_nobody",
        f"{_EDITS}::test_a_raised_threshold_demotes_at_the_review_and_not_before",
    ),
    "Compare performance metrics between tier systems, up to three months of data for each.": (
        f"{_REPORTS}::test_growth_tells_of_any_subset_of_levels_and_systems",
    ),
    "The Growth line chart shows tier composition over the last six months.": (
        f"{_REPORTS}::test_growth_tells_every_level_of_every_day_that_has_a_snapshot",
        f"{_REPORTS}::test_a_range_of_four_hundred_days_is_possible",
    ),
    "Select or deselect specific tiers in order to display specific tiers at a given time.": (
        f"{_REPORTS}::test_growth_tells_of_any_subset_of_levels_and_systems",
    ),
    "The At-Risk Users chart displays a snapshot of the current composition within each tier.": (
        f"{_REPORTS}::test_risk_is_told_from_the_latest_snapshot",
    ),
    "A customer who is At-Risk has yet to meet the current tier's maintenance rule.": (
        "tests/tier/test_composition.py::test_who_falls_short_is_at_risk_from_the_day_on_which_the_window_loses_it",
    ),
    "A customer who is Safe has met the maintenance rule and is not moved to a lower tier.": (
        "tests/tier/test_composition.py::test_who_bought_enough_on_the_day_itself_is_safe",
    ),
    "The lowest tier does not have maintenance rules and contains no At-Risk users.": (
        "tests/tier/test_composition.py::test_grace_that_is_over_leaves_a_crystal_member_who_is_never_at_risk",
    ),
    "Enable Reset enforces the tier maintenance criteria.": (
        "Bronze is lost at the reset with 24 points, one short",
        "Silver is lost at the reset with 74 points, one short",
        "Gold is lost at the reset with 199 points, one short",
    ),
    "The maintenance value is what a customer must earn between each reset period to remain in the current tier.": (
        "Bronze is safe at the reset with exactly 25 points earned since the one before",
        "Silver is safe at the reset with exactly 75 points earned since the one before",
        "Gold is safe at the reset with exactly 200 points earned since the one before",
        "A new period counts from zero: 49 points of January and 49 of February do not add up",
        "The last day before the reset still counts",
    ),
    "The date of the next reset determines if a customer should remain in the tier or be demoted to a lower one.": (
        "A purchase on the day of the reset belongs to the new period and comes too late for the old",
        "Too small a purchase on the day before the reset does not save the level",
        "Resets anchored on 31 January fall on the last day of each month; who is idle comes down one by one",
    ),
    "If set to monthly, the Next Reset date adjusts one month after that reset is performed.": (
        "Next Reset moves on with every reset performed",
        "In a common year the reset of February falls on the 28th",
    ),
    "Repeat options are Yearly and Monthly.": (
        "A yearly reset anchored on 29 February falls on the 28th of common years",
        "Next Reset moves on with every reset performed",
    ),
    "If a customer earns 15 points and the tier multiplier is 1.5, then the adjusted value is 22 points.": (
        "15 points x 1.5 are 22: what is behind the decimal point is dropped",
    ),
    "If the resulting number contains a decimal place, it is dropped from the final point total.": (
        "Both multipliers are applied before anything is dropped: 15 x 1.5 x 1.25 are 28",
    ),
    "After a change of a multiplier the new one is applied for all transactions moving forward.": (
        "A multiplier raised on 1 March leaves a February purchase that is told later at the old one",
    ),
    "Advancement rules define what is needed for your customers to advance to the next tier, in points.": (
        "One point short of Bronze stays Blue; the missing point promotes",
    ),
    "Property multipliers provide an additional benefit to a customer earning points in that property.": (
        "Bronze x 1.5 in the app x 2 earns 3 times",
        "A lowest-level customer earns once, in the app twice",
    ),
    "The lowest tier is never lost.": ("The lowest level is never lost",),
}
