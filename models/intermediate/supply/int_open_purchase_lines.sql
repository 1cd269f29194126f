with

as_of as (

    select
        as_of_date,
        known_until_date as decided_date,
        is_weekly_source
    from {{ ref('input_as_of') }}

),

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}
    where open_units > 0

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

typical as (

    select * from {{ ref('int_typical_lead_times') }}

),

survival as (

    select * from {{ ref('int_lead_time_survival') }}
    where rung = 'vendor' and receipt_count > 0

),

reviews as (

    select
        location_id,
        product_id,
        review_days
    from {{ ref('int_economic_order_quantities') }}

),

planned as (

    select
        purchase_lines.po_line_id,
        purchase_lines.po_id,
        purchase_lines.vendor_id,
        purchase_lines.location_id,
        purchase_lines.product_id,
        purchase_lines.ordered_date,
        purchase_lines.expected_date,
        purchase_lines.open_units,
        purchase_lines.unit_cost,
        as_of.as_of_date,
        as_of.decided_date,
        as_of.is_weekly_source,
        coalesce(
            lead_times.lead_time_mean_days, {{ var('default_lead_time_days') }}
        ) as lead_time_days,
        reviews.review_days,
        coalesce(
            typical.receipt_line_count >= {{ var('lead_time_min_lines') }}, false
        ) as is_vendor_known,
        coalesce(typical.typical_days, 0) as typical_days,
        cast({{ dbt.datediff(
            'purchase_lines.ordered_date', 'as_of.decided_date', 'day'
        ) }} as double) as age_days
    from purchase_lines
    cross join as_of
    left join lead_times
        on
            purchase_lines.location_id = lead_times.location_id
            and purchase_lines.product_id = lead_times.product_id
    left join typical
        on purchase_lines.vendor_id = typical.vendor_id
    left join reviews
        on
            purchase_lines.location_id = reviews.location_id
            and purchase_lines.product_id = reviews.product_id

),

promised as (

    select
        *,
        coalesce(
            expected_date,
            cast({{ dbt.dateadd(
                'day', 'cast(ceil(lead_time_days) as integer)', 'ordered_date'
            ) }} as date)
        ) as promised_date,
        greatest(
            {{ var('dead_line_lead_time_multiple') }}
            * greatest(typical_days, lead_time_days),
            {{ var('dead_line_min_days') }}
        ) as longest_days
    from planned

),

judged as (

    -- An order placed long ahead for a late date ages from when it had to be placed.
    select
        *,
        promised_date <= decided_date as is_late,
        age_days > longest_days
        and coalesce(
            {{ dbt.datediff('expected_date', 'decided_date', 'day') }}
            > longest_days - greatest(typical_days, lead_time_days),
            true
        ) as is_dead
    from promised

),

remaining as (

    -- What the vendor still took, of orders that were open at the same age.
    select
        judged.po_line_id,
        {{ exact_sum(
            'survival.received_share * (survival.duration_days - judged.age_days)'
        ) }}
        / {{ exact_sum('survival.received_share') }} as remaining_days
    from judged
    inner join survival
        on
            judged.vendor_id = survival.vendor_id
            and judged.age_days < survival.duration_days
    where judged.is_late and judged.is_vendor_known
    group by judged.po_line_id

),

dated as (

    -- Where no order was ever open at that age, a late line is as good as a new one.
    select
        judged.*,
        cast(case
            when judged.is_dead then null
            when judged.is_late
                then {{ dbt.dateadd(
                    'day',
                    'cast(greatest(ceil(coalesce('
                    ~ 'remaining.remaining_days, judged.lead_time_days'
                    ~ ') - 1e-9), 1) as integer)',
                    'judged.decided_date'
                ) }}
            else judged.promised_date
        end as date) as expected_receipt_date
    from judged
    left join remaining
        on judged.po_line_id = remaining.po_line_id

),

counted as (

    -- A receipt counts into its day's closing: it sells from the day after. What a
    -- weekly source dates by the first day of a week sells in that week.
    select
        *,
        {{ dbt.datediff('decided_date', 'expected_receipt_date', 'day') }}
        - case
            when
                is_weekly_source
                and not is_late
                and expected_receipt_date
                = cast(date_trunc('week', expected_receipt_date) as date)
                then 1
            else 0
        end as receipt_days
    from dated

),

timed as (

    -- What comes when the next order can come does not protect the time before it.
    select
        po_line_id,
        po_id,
        vendor_id,
        location_id,
        product_id,
        ordered_date,
        open_units,
        unit_cost,
        as_of_date,
        decided_date,
        promised_date,
        cast(age_days as double) as age_days,
        cast(typical_days as double) as typical_days,
        is_late,
        is_dead,
        expected_receipt_date,
        cast(receipt_days as double) as receipt_days,
        not is_dead
        and coalesce(receipt_days < lead_time_days + review_days - 1e-6, true)
            as is_in_time
    from counted

)

select * from timed
