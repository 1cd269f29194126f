with

vendors as (

    select * from {{ staged('vendors') }}

),

products as (

    select * from {{ ref('input_products') }}

),

purchase_order_lines as (

    select * from {{ ref('input_purchase_order_lines') }}

),

invoices as (

    select * from {{ ref('input_invoices') }}

),

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

listed as (

    -- A name in the master wins, the most frequent one; then the first name seen.
    select
        vendors.vendor_id,
        vendors.vendor_name,
        vendors.lead_time_days,
        vendors.review_days,
        vendors.min_order_value,
        vendors.order_cost

    from vendors
    inner join as_of
        on coalesce(vendors.first_seen_date, as_of.as_of_date) <= as_of.as_of_date

    where not vendors.is_rejected

    qualify row_number() over (
        partition by vendors.vendor_id
        order by
            case when vendors.vendor_name is null then 1 else 0 end asc,
            vendors.first_seen_date asc nulls first,
            vendors.n_lines desc,
            vendors.vendor_name asc
    ) = 1

),

mentions as (

    select vendor_id from products

    union

    select vendor_id from purchase_order_lines

    union

    select vendor_id from invoices

),

combined as (

    select
        vendor_id,
        vendor_name,
        lead_time_days,
        review_days,
        min_order_value,
        order_cost

    from listed

    union all

    select
        vendor_id,
        cast(null as varchar) as vendor_name,
        cast(null as double) as lead_time_days,
        cast(null as double) as review_days,
        cast(null as double) as min_order_value,
        cast(null as double) as order_cost

    from mentions

    where
        vendor_id is not null
        and vendor_id not in (select listed.vendor_id from listed)

),

named as (

    select
        vendor_id,
        coalesce(vendor_name, 'Vendor ' || vendor_id) as vendor_name,
        lead_time_days,
        review_days,
        min_order_value,
        order_cost

    from combined

)

select * from named
