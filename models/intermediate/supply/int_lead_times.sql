{%- set min_lines = var('lead_time_min_lines') -%}
{%- set shrinkage_lines = var('lead_time_shrinkage_lines') -%}

with

location_products as (

    select
        location_id,
        product_id
    from {{ ref('int_location_products') }}

),

products as (

    select
        product_id,
        vendor_id
    from {{ ref('input_products') }}

),

vendors as (

    select
        vendor_id,
        lead_time_days
    from {{ ref('input_vendors') }}

),

policies as (

    select * from {{ ref('int_policies_resolved') }}

),

by_source as (

    select * from {{ ref('int_lead_times_by_source') }}

),

joined as (

    select
        location_products.location_id,
        location_products.product_id,
        products.vendor_id,
        policies.lead_time_days as policy_days,
        vendors.lead_time_days as stated_days,
        by_vendor.lead_time_mean_days as vendor_mean_days,
        by_vendor.lead_time_sd_days as vendor_sd_days,
        by_vendor.receipt_line_count as vendor_lines,
        own.lead_time_mean_days as own_mean_days,
        own.lead_time_sd_days as own_sd_days,
        own.receipt_line_count as own_lines
    from location_products
    inner join products
        on location_products.product_id = products.product_id
    left join vendors
        on products.vendor_id = vendors.vendor_id
    left join policies
        on
            location_products.location_id = policies.location_id
            and location_products.product_id = policies.product_id
    left join by_source as by_vendor
        on
            products.vendor_id = by_vendor.vendor_id
            and by_vendor.rung = 'vendor'
            and by_vendor.receipt_line_count >= {{ min_lines }}
    left join by_source as own
        on
            products.vendor_id = own.vendor_id
            and products.product_id = own.product_id
            and own.rung = 'vendor_product'
            and own.receipt_line_count >= {{ min_lines }}

),

laddered as (

    select
        *,
        case
            when policy_days is not null then 'policy'
            when own_mean_days is not null then 'vendor_product'
            when vendor_mean_days is not null then 'vendor'
            when stated_days is not null then 'stated'
            else 'default'
        end as lead_time_rung
    from joined

),

chosen as (

    -- A vendor's product is pulled towards the vendor, the more the fewer its
    -- lines; deviations are pooled as variances.
    select
        location_id,
        product_id,
        vendor_id,
        lead_time_rung,
        case lead_time_rung
            when 'vendor_product' then own_lines
            when 'vendor' then vendor_lines
            else 0
        end as receipt_line_count,
        case lead_time_rung
            when 'policy' then policy_days
            when 'vendor_product'
                then (
                    own_lines * own_mean_days
                    + {{ shrinkage_lines }} * vendor_mean_days
                ) / (own_lines + {{ shrinkage_lines }})
            when 'vendor' then vendor_mean_days
            when 'stated' then stated_days
            else {{ var('default_lead_time_days') }}
        end as lead_time_mean_days,
        case lead_time_rung
            when 'vendor_product'
                then sqrt((
                    own_lines * own_sd_days * own_sd_days
                    + {{ shrinkage_lines }} * vendor_sd_days * vendor_sd_days
                ) / (own_lines + {{ shrinkage_lines }}))
            when 'vendor' then vendor_sd_days
        end as estimated_sd_days
    from laddered

),

spread as (

    -- A policy fixes the lead time; a stated or default one gets an assumed spread.
    select
        location_id,
        product_id,
        vendor_id,
        lead_time_rung,
        cast(receipt_line_count as integer) as receipt_line_count,
        cast(lead_time_mean_days as double) as lead_time_mean_days,
        cast(coalesce(
            estimated_sd_days,
            case
                when lead_time_rung = 'policy' then 0
                else {{ var('stated_lead_time_variation') }} * lead_time_mean_days
            end
        ) as double) as lead_time_sd_days
    from chosen

)

select * from spread
