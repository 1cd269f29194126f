with

orders as (

    select * from {{ ref('int_arima_orders') }}

),

published as (

    select
        location_id,
        product_id,
        searched_date,
        is_routed,
        reason,
        transform,
        p,
        d,
        q,
        seasonal_p,
        seasonal_d,
        seasonal_q,
        season_length,
        has_constant,
        observation_count,
        aicc,
        residual_sd,
        residual_autocorrelation,
        ljung_box_p_value,
        coalesce(ljung_box_p_value >= 0.05, false) as is_residual_white
    from orders

)

select * from published
